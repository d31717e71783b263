import { registry } from "@web/core/registry";

const stage = (name) => `.o_kanban_group:has(.o_column_title:contains(/^${name}/))`;
const card = (name, inStage) => `${stage(inStage)} .o_kanban_record:contains('${name}')`;
const dialog = ".modal .o_funnel_move_dialog";
const quick = (name) => `.o_kanban_quick_create [name=${name}] input`;

function choose(trigger, text) {
    return [
        { trigger, run: `edit ${text}` },
        { trigger: `.o-autocomplete--dropdown-item:contains('${text}')`, run: "click" },
    ];
}

/** A salesperson takes in the request of a client, learns what the next stage asks for, and fills in the card. */
registry.category("web_tour.tours").add("sales_funnel_furniture", {
    steps: () => [
        { content: "Take a request in", trigger: "body:has(.o_kanban_group) .o-kanban-button-new", run: "click" },
        { trigger: quick("contact_name"), run: "edit Irina Mironova" },
        { trigger: quick("phone"), run: "edit +7 912 333-22-11" },
        ...choose(quick("source_id"), "Website"),
        ...choose(quick("deal_type_id"), "Retail client"),
        ...choose(quick("product_type_id"), "Kitchen"),
        { trigger: ".o_kanban_add", run: "click" },
        { trigger: card("Irina Mironova", "Estimate") },
        { trigger: ".o_kanban_quick_create .o_kanban_cancel", run: "click" },
        { trigger: ".o_kanban_renderer:not(:has(.o_kanban_quick_create))" },
        {
            content: "Nothing is known yet: the dialog says what it takes",
            trigger: card("Irina Mironova", "Estimate"),
            run: `drag_and_drop (${stage("Postponed")})`,
        },
        { trigger: `${dialog} .o_funnel_move_messages:contains('at least one estimate sheet')` },
        { trigger: `${dialog} [name=presentation_kind]` },
        { trigger: `${dialog} footer button:contains(/^Cancel$/)`, run: "click" },
        { trigger: "body:not(:has(.o_funnel_move_dialog))" },
        { content: "Open the card", trigger: card("Irina Mironova", "Estimate"), run: "click" },
        { trigger: ".o_notebook .nav-link.active:contains('Card')" },
        ...choose("[name=client_status_id] input", "Ready to order"),
        ...choose("[name=general_need_ids] input", "New home"),
        ...choose("[name=key_need_ids] input", "Materials"),
        { trigger: "[name=preliminary_discount] input", run: "edit 5" },
        { trigger: "[name=preliminary_amount] input", run: "edit 300000" },
        { trigger: "[name=presentation_kind] .o_selection_badge:contains('Voice')", run: "click" },
        { trigger: ".o_form_button_save", run: "click" },
        { trigger: ".o_form_saved, .o_form_view:not(:has(.o_form_button_save:visible))" },
        { content: "The documents have a page", trigger: ".o_notebook .nav-link:contains('Documents')", run: "click" },
        { trigger: ".o_notebook .nav-link.active:contains('Documents')" },
    ],
});

const upload = (kind, name) => ({
    trigger: `.o_funnel_document_kind:contains('${kind}') button:contains('Add Files'):enabled`,
    run() {
        const transfer = new DataTransfer();
        transfer.items.add(new File(["%PDF-1.4"], name, { type: "application/pdf" }));
        const input = this.anchor.closest("section").querySelector("input[type=file]");
        input.files = transfer.files;
        input.dispatchEvent(new Event("change"));
    },
});
const version = (kind, name, number) => ({
    content: `${name} is version ${number}`,
    trigger: `.o_funnel_document_kind:contains('${kind}') .o_funnel_document[data-version='${number}']:contains('${name}')`,
});
const openPage = (name) => [
    { trigger: `.o_notebook .nav-link:contains('${name}')`, run: "click" },
    { trigger: `.o_notebook .nav-link.active:contains('${name}')` },
];
const saved = { trigger: ".o_form_saved, .o_form_view:not(:has(.o_form_button_save:visible))" };

/** A salesperson files the sheets of a deal, agrees on a measurement and opens a chat about it. */
registry.category("web_tour.tours").add("sales_funnel_furniture_measurement", {
    steps: () => [
        ...openPage("Documents"),
        upload("Estimate sheet", "first.pdf"),
        version("Estimate sheet", "first.pdf", 1),
        upload("Estimate sheet", "second.pdf"),
        version("Estimate sheet", "second.pdf", 2),
        {
            content: "The earlier version is kept",
            trigger: ".o_funnel_document_kind:contains('Estimate sheet') details summary:contains('Earlier versions (1)')",
            run: "click",
        },
        version("Estimate sheet", "first.pdf", 1),
        { trigger: ".o_funnel_document[data-version='2'] .o_funnel_document_note", run: "edit With the island && press Tab" },
        ...openPage("Card"),
        { trigger: "[name=street] input", run: "edit Lenina" },
        { trigger: "[name=address_house] input", run: "edit 5" },
        { trigger: "div[name=measurement_date] :is(input, button)", run: "click" },
        { trigger: ".o_datetime_picker .o_date_item_cell.o_today", run: "click" },
        { trigger: ".o_datetime_picker .o_datetime_buttons button:contains('Apply')", run: "click" },
        { trigger: "[name=measurement_user_id] input", run: "edit Max Measurer" },
        { trigger: ".o-autocomplete--dropdown-item:contains('Max Measurer')", run: "click" },
        { trigger: ".o_form_button_save", run: "click" },
        saved,
        { content: "It is planned", trigger: "[name=measurement_state] input:value('Planned')" },
        { content: "The calendar knows", trigger: ".oe_stat_button[name=action_schedule_meeting]:not(:contains('No Meeting'))" },
        { trigger: ".oe_stat_button:contains('Create Chat')", run: "click" },
        { trigger: ".o-mail-Thread:contains('Lenina'), .o-mail-Discuss-content:contains('Lenina')" },
    ],
});

import { registry } from "@web/core/registry";

const { DateTime } = luxon;
const column = (name) => `.o_kanban_group:has(.o_column_title:contains('${name}'))`;
const card = (name, stage) => `${column(stage)} .o_kanban_record:contains('${name}')`;
const calm = "body:not(:has(.modal))";
const month = (day) => day.setLocale("en").toFormat("LLLL");
const typed = (day) => day.toFormat("MM/dd/yyyy");

/** Days on which a deal may wait, in three months; the 15th, so that no month is short of it. */
const today = DateTime.now();
const first = today.plus({ months: 3 }).set({ day: 15 });
const second = today.plus({ months: 5 }).set({ day: 15 });
const third = today.plus({ months: 7 }).set({ day: 15 });

function openFunnel(name) {
    return [
        { trigger: `${calm} button[data-menu-xmlid='sales_funnel_addon.menu_funnel_root']`, run: "click" },
        { trigger: `.o-dropdown--menu .dropdown-item:contains(/^${name}$/)`, run: "click" },
        { trigger: `.o_last_breadcrumb_item:contains('${name}'), .o_breadcrumb:contains('${name}')` },
    ];
}

function giveDate(day) {
    return [
        { trigger: ".modal [name=deferral_date] input, .modal [name=deferral_date] button", run: "click" },
        { trigger: ".modal [name=deferral_date] input", run: `edit ${typed(day)} && press Tab` },
    ];
}

/** A salesperson lets a deal wait, changes until when in three ways, and takes it up again. */
registry.category("web_tour.tours").add("sales_funnel_deferral", {
    steps: () => [
        { trigger: card("Oak kitchen", "Measurement"), run: "click" },
        { trigger: ".o_form_view .o_statusbar_buttons button[name=action_funnel_defer]:contains('Defer')", run: "click" },
        ...giveDate(today.plus({ days: 20 })),
        { content: "It says at once that this is too near", trigger: ".modal .alert:contains('more than 32 days away')" },
        { trigger: ".modal [name=deferral_reason] textarea", run: "edit Renovates first" },
        { trigger: ".modal footer button[name=action_apply]:contains('Defer')", run: "click" },
        {
            content: "The server refuses it, with the reason",
            trigger: ".o_error_dialog:contains('more than 32 days away'):contains('Plan an activity instead')",
        },
        { trigger: ".o_error_dialog footer button", run: "click" },
        ...giveDate(first),
        { trigger: ".modal:not(:has(.alert:contains('days away'))) footer button[name=action_apply]", run: "click" },
        { trigger: `${calm} [name=deferral_banner]:contains('Renovates first'):contains('Measurement')` },
        { content: "The next contact is planned", trigger: ".o-mail-Activity:contains('deferred until today')" },
        ...openFunnel("Tour Kitchens"),
        { content: "It has left the board", trigger: `.o_kanban_renderer:not(:contains('Oak kitchen')) ${column("Measurement")}` },
        ...openFunnel("Tour Later"),
        {
            content: "It waits in its month",
            trigger: `${card("Oak kitchen", month(first))}:contains('Renovates first')`,
            run: `drag_and_drop (${column(month(second))})`,
        },
        { trigger: ".modal:contains('is not the month of the next contact')" },
        { trigger: ".modal footer button:contains('Cancel')", run: "click" },
        {
            content: "Cancelled: it stays",
            trigger: `${calm} ${card("Oak kitchen", month(first))}`,
            run: `drag_and_drop (${column(month(second))})`,
        },
        ...giveDate(second),
        { trigger: ".modal .o_funnel_save_and_move", run: "click" },
        { content: "Another date, without dragging", trigger: `${calm} ${card("Oak kitchen", month(second))}`, run: "click" },
        { trigger: ".o_statusbar_buttons button[name=action_funnel_defer]:contains('New Date')", run: "click" },
        { content: "The reason is still there", trigger: ".modal [name=deferral_reason] textarea:value(Renovates first)" },
        ...giveDate(third),
        { trigger: ".modal footer button[name=action_apply]", run: "click" },
        { trigger: `${calm} .o_statusbar_status .o_arrow_button_current:contains('${month(third)}')` },
        { trigger: ".o_statusbar_buttons button[name=action_funnel_resume]", run: "click" },
        { content: "The stage it left is proposed", trigger: ".modal [name=stage_id] input:value(Measurement)" },
        { trigger: ".modal [name=activity_summary] input", run: "edit Ask about the flat" },
        { trigger: ".modal footer button[name=action_apply]:contains('Resume')", run: "click" },
        { trigger: `${calm} .o_statusbar_status .o_arrow_button_current:contains('Measurement')` },
        { content: "What comes next is planned", trigger: ".o-mail-Activity:contains('Ask about the flat')" },
        ...openFunnel("Tour Kitchens"),
        { trigger: card("Oak kitchen", "Measurement") },
    ],
});

import { animationFrame, drag, hover, waitFor } from "@odoo/hoot-dom";
import { registry } from "@web/core/registry";

const column = (name) => `.o_kanban_group:has(.o_column_title:contains('${name}'))`;
const card = (name, stage) => `${column(stage)} .o_kanban_record:contains('${name}')`;
const dialog = ".modal .o_funnel_move_dialog";
const noDialog = { content: "The dialog is closed", trigger: "body:not(:has(.o_funnel_move_dialog))" };
const fill = (name, text) => ({ trigger: `${dialog} [name=${name}] input`, run: `edit ${text}` });
const button = (text) => ({ content: text, trigger: `${dialog} footer button:contains(/^${text}$/)`, run: "click" });
const dragTo = (stage, name = "Oak kitchen", from = "Estimate") => [
    { trigger: `body:has(.o_kanban_group) ${card(name, from)}`, run: `drag_and_drop (${column(stage)})` },
];
const stands = (stage, name = "Oak kitchen") => [noDialog, { trigger: card(name, stage) }];
const chooseFiles = (trigger, ...names) => ({
    trigger,
    run() {
        const { files } = names.reduce((transfer, name) => {
            transfer.items.add(new File(["%PDF-1.4"], name, { type: "application/pdf" }));
            return transfer;
        }, new DataTransfer());
        const input = this.anchor.parentElement.querySelector("input[type=file]");
        input.files = files;
        input.dispatchEvent(new Event("change"));
    },
});
const addTour = (name, steps) => registry.category("web_tour.tours").add(`sales_funnel_${name}`, { steps });

addTour("move_save", () => [
    ...dragTo("Measurement"),
    { content: "The first field has the focus", trigger: `${dialog} [name=city] input:focus` },
    fill("city", "Perm"),
    { content: "Only what is missing is asked for", trigger: `${dialog}:not(:has([name=phone]))` },
    fill("contact_name", "Ivan"),
    { trigger: `${dialog} [name=contact_name] input`, run: "press ctrl+Enter" },
    ...stands("Measurement"),
]);

const checkOrder = {
    content: "The cards stand as they stood",
    trigger: card("Oak kitchen", "Estimate"),
    run() {
        const cards = [...this.anchor.parentElement.querySelectorAll(".o_kanban_record")];
        const names = cards.map((element) => element.textContent.match(/\w+ kitchen/)[0]);
        if (names.join() !== "Pine kitchen,Birch kitchen,Oak kitchen") {
            throw new Error(`The order is ${names}`);
        }
    },
};

addTour("move_cancel", () => [
    { ...checkOrder },
    ...dragTo("Measurement", "Birch kitchen"),
    fill("city", "Perm"),
    { trigger: `${dialog} [name=city] input`, run: "press Escape" },
    noDialog,
    checkOrder,
]);

addTour("move_refused", () => [
    ...dragTo("Measurement"),
    { trigger: `${dialog} .o_funnel_move_messages:contains('Measuring pays from 1000 on')` },
    { trigger: `${dialog} .o_funnel_move_messages:contains('at least one of')` },
    { trigger: `${dialog}:not(:has([name=phone].o_required_modifier))` },
    fill("phone", "+79123456789"),
    fill("expected_revenue", "10"),
    button("Save and move"),
    { trigger: `${dialog} .o_funnel_move_error:contains('Measuring pays from 1000 on')` },
    { content: "What was typed is still there", trigger: `${dialog} [name=phone] input:value('+79123456789')` },
    { content: "The card is where it was", trigger: `body:has(${card("Oak kitchen", "Estimate")})` },
    fill("expected_revenue", "2000"),
    button("Save and move"),
    ...stands("Measurement"),
]);

addTour("move_questions", () => [
    ...dragTo("Measurement"),
    { trigger: `${dialog}:not(:contains('Rooms')) .o_form_label:contains('Layout')` },
    { trigger: `${dialog} [name='lead_properties.wishes'] input`, run: "edit White" },
    { trigger: `${dialog} [name='lead_properties.layout'] :is(input, select)`, run: "click" },
    { trigger: ".o_select_menu_item:contains(/^U$/)", run: "click" },
    button("Save and move"),
    { trigger: `${dialog} .o_funnel_move_error:contains('Write the reason')` },
    { trigger: `${dialog} #o_funnel_move_reason`, run: "edit They called back" },
    button("Save and move"),
    ...stands("Measurement"),
]);

addTour("move_files", () => [
    ...dragTo("Measurement"),
    chooseFiles(`${dialog} .o_funnel_move_messages li:contains('Add the document: Sheet') button`, "a.pdf", "b.pdf"),
    { trigger: `${dialog} .o_funnel_chosen_files div:contains('b.pdf') button`, run: "click" },
    { trigger: `${dialog} .o_funnel_chosen_files:contains('a.pdf'):not(:contains('b.pdf'))` },
    button("Save and move"),
    { content: "One of two is not enough", trigger: `${dialog} .o_funnel_move_error:contains('at least: 2')` },
    chooseFiles(`${dialog} .o_funnel_move_messages li:contains('Attach files') button`, "photo.pdf"),
    { trigger: `${dialog} .o_funnel_chosen_files:contains('photo.pdf')` },
    button("Save and move"),
    ...stands("Measurement"),
]);

addTour("move_files_cancel", () => [
    ...dragTo("Measurement"),
    chooseFiles(`${dialog} .o_funnel_move_messages button`, "a.pdf"),
    { trigger: `${dialog} .o_funnel_chosen_files:contains('a.pdf')` },
    button("Cancel"),
    ...stands("Estimate"),
]);

addTour("move_won", () => [
    ...dragTo("Done"),
    { trigger: `${dialog} .o_funnel_move_task:contains('Call the client') input`, run: "click" },
    { trigger: `${dialog} .o_funnel_move_task:contains('Agree on the price') input`, run: "click" },
    button("Save and move"),
    { content: "Won deals are celebrated", trigger: ".o_reward" },
]);

addTour("move_won_button", () => [
    { trigger: ".o_form_view button[name=action_set_won_rainbowman]", run: "click" },
    fill("city", "Perm"),
    button("Save and move"),
    { content: "Won deals are celebrated", trigger: ".o_reward" },
    { trigger: ".o_arrow_button_current:contains('Done')" },
]);

addTour("move_try_again", () => [
    ...dragTo("Measurement"),
    { trigger: `${dialog} .alert:contains('Only in Perm')` },
    { content: "What opens the way can be filled in", trigger: `${dialog} p:contains('Fill this in')` },
    fill("city", "Tula"),
    button("Save and try again"),
    { content: "The way stays closed", trigger: `${dialog} p:contains('Change on the card')` },
    { trigger: `${dialog}:not(:has([name=city])) .alert:contains('Only in Perm')` },
    button("Cancel"),
    ...stands("Estimate"),
]);

addTour("move_tried_again", () => [
    ...dragTo("Measurement"),
    fill("city", "Perm"),
    button("Save and try again"),
    ...stands("Measurement"),
]);

addTour("move_request", () => [
    ...dragTo("Measurement"),
    { trigger: `${dialog} .o_funnel_move_task:contains('Discount'):contains('Helen Head') input:disabled` },
    { trigger: `${dialog} .o_funnel_move_task:contains('Not asked yet')` },
    { trigger: `${dialog}:not(:has(.o_funnel_save_and_move))` },
    fill("city", "Perm"),
    button("Request approval"),
    ...stands("Estimate"),
    ...dragTo("Measurement"),
    { content: "It waits", trigger: `${dialog} .o_funnel_move_task:contains('Waiting')` },
    button("Cancel"),
    ...stands("Estimate"),
]);

addTour("move_plain", () => [...dragTo("Measurement"), ...stands("Measurement")]);

addTour("move_approve", () => [
    ...dragTo("Contract"),
    { trigger: `${dialog} .o_funnel_move_task:contains('Budget') input`, run: "click" },
    button("Save and move"),
    { trigger: `${dialog} .o_funnel_move_error:contains('Discount')` },
    { trigger: `${dialog} .o_funnel_move_task:contains('Discount') input`, run: "click" },
    button("Save and move"),
    ...stands("Contract"),
]);

addTour("move_forbidden", () => [
    {
        trigger: `body:has(.o_kanban_group) ${card("Oak kitchen", "Estimate")}`,
        async run() {
            const { moveTo, drop } = await drag(this.anchor);
            await animationFrame();
            await hover(this.anchor, { position: { top: 20, left: 20 }, relative: true });
            await animationFrame();
            const target = await waitFor(column("Contract"));
            await moveTo(target, { position: "top", relative: true });
            await animationFrame();
            await waitFor(`${column("Contract")}.o_funnel_closed`, { timeout: 5000 });
            await waitFor(`${column("Done")}.o_funnel_closed`);
            const open = document.querySelectorAll(".o_kanban_group:not(.o_funnel_closed)").length;
            if (open !== 2 || !target.title.includes("Measurement")) {
                throw new Error(`${open} columns are open, the closed one says: ${target.title}`);
            }
            await drop(target, { position: "top", relative: true });
        },
    },
    { trigger: `${dialog}:contains('there is no way to')` },
    { content: "Nothing is dimmed any more", trigger: "body:not(:has(.o_funnel_closed))" },
    { trigger: `${dialog} .o_funnel_allowed_stage:contains('Measurement')`, run: "click" },
    ...stands("Measurement"),
]);

addTour("move_override", () => [
    ...dragTo("Contract"),
    fill("city", "Perm"),
    button("Override with reason"),
    { trigger: `${dialog} #o_funnel_override_reason:focus` },
    button("Override"),
    { trigger: `${dialog} .o_funnel_move_error:contains('Write the reason')` },
    { trigger: `${dialog} #o_funnel_override_reason`, run: "edit The director knows them" },
    button("Override"),
    ...stands("Contract"),
]);

addTour("move_stock", () => [...dragTo("Blue", "Stock deal", "Red"), ...stands("Blue", "Stock deal")]);

addTour("move_status_bar", () => [
    { trigger: ".o_form_view [name=expected_revenue] input", run: "edit 5000" },
    { trigger: ".o_arrow_button:contains('Measurement')", run: "click" },
    fill("city", "Perm"),
    button("Cancel"),
    noDialog,
    { content: "The bar stays", trigger: ".o_arrow_button_current:contains('Estimate')" },
    { content: "What was typed before is saved", trigger: ".o_form_view:not(:has(.o_form_button_save:visible))" },
    { trigger: ".o_arrow_button:contains('Measurement')", run: "click" },
    fill("city", "Perm"),
    { trigger: `${dialog} .o_funnel_move_task:contains('Call the client') input`, run: "click" },
    button("Save and move"),
    noDialog,
    { trigger: ".o_arrow_button_current:contains('Measurement')" },
]);

addTour("move_form_override", () => [
    { trigger: ".o_arrow_button:contains('Contract')", run: "click" },
    button("Override with reason"),
    { trigger: `${dialog} #o_funnel_override_reason`, run: "edit The director knows them" },
    { trigger: `${dialog} #o_funnel_override_reason`, run: "press ctrl+Enter" },
    noDialog,
    { trigger: ".o_arrow_button_current:contains('Contract')" },
]);

addTour("move_phone", () => [
    { trigger: ".o_form_view .o_statusbar_status .dropdown-toggle:visible", run: "click" },
    { trigger: ".o-dropdown-item:contains('Measurement'), .dropdown-item:contains('Measurement')", run: "click" },
    { content: "It fills the screen", trigger: `.modal.o_modal_full .o_funnel_move_dialog` },
    {
        content: "The buttons are big enough for a finger",
        trigger: `${dialog} .o_funnel_save_and_move`,
        run() {
            if (this.anchor.getBoundingClientRect().height < 44) {
                throw new Error("The button is too small");
            }
        },
    },
    fill("city", "Perm"),
    button("Save and move"),
    noDialog,
    { trigger: ".o_statusbar_status .dropdown-toggle:contains('Measurement')" },
]);

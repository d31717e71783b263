import { registry } from "@web/core/registry";

const column = (name) => `.o_kanban_group:has(.o_column_title:contains('${name}'))`;
const card = (name, state) => `${column(state)} .o_kanban_record:contains('${name}')`;
const drag = (name, from, to) => ({
    trigger: `body:not(:has(.modal)) ${card(name, from)}`,
    run: `drag_and_drop (${column(to)})`,
});
const dialog = (title) => ({ trigger: `.modal:has(.modal-title:contains('${title}'))` });
const chooseCause = [
    { trigger: ".modal [name=cause_id] input", run: "click" },
    { trigger: ".o-autocomplete--dropdown-item:contains('Objection not handled')", run: "click" },
];
const apply = (text) => ({ trigger: `.modal footer button[name=action_apply]:contains('${text}')`, run: "click" });

/** A quality controller drags the cards of refusals to their verdicts. */
registry.category("web_tour.tours").add("sales_funnel_refusals", {
    steps: () => [
        drag("Oak kitchen", "To check", "Verified"),
        dialog("Verify the refusal"),
        { trigger: ".modal footer button.btn-secondary:contains('Discard')", run: "click" },
        { content: "Cancelled: it stays", trigger: `body:not(:has(.modal)) ${card("Oak kitchen", "To check")}` },
        drag("Oak kitchen", "To check", "Verified"),
        ...chooseCause,
        apply("Verify"),
        { trigger: `body:not(:has(.modal)) ${card("Oak kitchen", "Verified")}` },
        drag("Pine kitchen", "To check", "Returned"),
        dialog("Return the deal"),
        ...chooseCause,
        { trigger: ".modal [name=note] textarea", run: "edit Call her again" },
        apply("Return"),
        { trigger: `body:not(:has(.modal)) ${card("Pine kitchen", "Returned")}` },
        { content: "A verdict stands", ...drag("Oak kitchen", "Verified", "Returned") },
        { trigger: ".modal:contains('needs no verdict any more: Verified')" },
        { trigger: ".modal footer button", run: "click" },
        drag("Oak kitchen", "Verified", "To check"),
        { trigger: ".o_notification:contains('verified or returned')" },
        { trigger: card("Oak kitchen", "Verified") },
    ],
});

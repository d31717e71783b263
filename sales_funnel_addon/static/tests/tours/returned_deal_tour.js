import { registry } from "@web/core/registry";

const calm = "body:not(:has(.modal))";
const column = (name) => `.o_kanban_group:has(.o_column_title:contains('${name}'))`;
const card = (name, stage) => `${column(stage)} .o_kanban_record:contains('${name}')`;

/** A salesperson gives a deal up, and says why. */
registry.category("web_tour.tours").add("sales_funnel_lose_deal", {
    steps: () => [
        { trigger: card("Oak kitchen", "Measurement"), run: "click" },
        { trigger: ".o_form_view .o_statusbar_buttons button:contains('Lost')", run: "click" },
        { trigger: ".modal .o_selection_badge:contains('Too expensive')", run: "click" },
        { trigger: ".modal [name=lost_comment] textarea", run: "edit Twice the budget" },
        { trigger: ".modal footer button:contains('Mark as Lost')", run: "click" },
        { trigger: `${calm} .alert-danger:contains('Too expensive'):contains('Twice the budget')` },
    ],
});

/** Quality control gives it back: to an earlier stage, with a cause and a note. */
registry.category("web_tour.tours").add("sales_funnel_return_deal", {
    steps: () => [
        { trigger: `${card("Oak kitchen", "To check")}:contains('Twice the budget')` },
        { trigger: `${card("Oak kitchen", "To check")} button[name=action_ask_return]`, run: "click" },
        { trigger: ".modal [name=cause_id] input", run: "click" },
        { trigger: ".o-autocomplete--dropdown-item:contains('Price presented badly')", run: "click" },
        { content: "The stage it was lost in is proposed", trigger: ".modal [name=stage_id] input:value(Measurement)", run: "click" },
        { trigger: ".o-autocomplete--dropdown-item:contains('Estimate')", run: "click" },
        { trigger: ".modal [name=note] textarea", run: "edit Offer the version without glass" },
        { trigger: ".modal footer button[name=action_apply]:contains('Return')", run: "click" },
        { trigger: `${calm} ${card("Oak kitchen", "Returned")}:contains('Price presented badly'):contains('without glass')` },
    ],
});

/** The salesperson finds it on the board, with what there is to do. */
registry.category("web_tour.tours").add("sales_funnel_returned_deal", {
    steps: () => [
        {
            content: "The card says that it came back, and why",
            trigger: `${card("Oak kitchen", "Estimate")} .o_funnel_card_return:contains('Price presented badly'):contains('without glass')`,
            run: "click",
        },
        { trigger: "[name=funnel_return]:contains('Price presented badly'):contains('Offer the version without glass')" },
        { content: "It is planned for the salesperson", trigger: ".o-mail-Activity:contains('go on with the client')" },
    ],
});

import { registry } from "@web/core/registry";

const bar = "[name=funnel_contact_bar]";
const card = (column, name) => `.o_kanban_group:contains('${column}') .o_kanban_record:contains('${name}')`;
const says = (text) => ({ trigger: `.o_notification:contains('${text}')` });

/** A salesperson notes on the form of a lead what came of the calls. */
registry.category("web_tour.tours").add("sales_funnel_contacts_form", {
    steps: () => [
        { content: "What is missing today", trigger: `${bar}:contains('Missing today'):contains('2 calls')` },
        { content: "What is typed in is saved first", trigger: "[name=name] textarea", run: "edit An oak kitchen" },
        { trigger: `${bar} button[name=action_funnel_reached]`, run: "click" },
        says("Noted: Reached."),
        { trigger: `${bar}:contains('1 call'):has([name=funnel_contact_count]:contains('1'))` },
        { trigger: ".o_last_breadcrumb_item:contains('An oak kitchen')" },
        { trigger: `${bar} button[name=action_funnel_call_back]`, run: "click" },
        { trigger: ".modal [name=note] input", run: "edit Has a meeting" },
        { trigger: ".modal footer button[name=action_apply]", run: "click" },
        says("Next call"),
        { trigger: `body:not(:has(.modal)) ${bar}:contains('Next call:'):not(:contains('Missing today'))` },
        { content: "The call is planned", trigger: ".o-mail-Activity:contains('Call back at')" },
    ],
});

/** The same on the board, without opening the card. */
registry.category("web_tour.tours").add("sales_funnel_contacts_board", {
    steps: () => [
        { trigger: `${card("New", "An oak kitchen")} .o_funnel_card_contacts:contains('2 today / 2')` },
        { trigger: `${card("New", "A shelf")} button[name=action_funnel_no_answer]`, run: "click" },
        says("Moved to “Silent”."),
        { trigger: `${card("Silent", "A shelf")} .o_funnel_card_contacts:contains('1 today / 1')` },
        { trigger: `${card("Silent", "A shelf")} button[name=action_funnel_wrong_number]`, run: "click" },
        says("The number will be verified by"),
        { trigger: `${card("Silent", "A shelf")} .o_funnel_card_contacts:contains('2 today / 2')` },
    ],
});

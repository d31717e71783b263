import { registry } from "@web/core/registry";

const calm = "body:not(:has(.modal))";

/** The head of sales sees why a list was paused, and lets it go on. */
registry.category("web_tour.tours").add("sales_funnel_resume_list", {
    steps: () => [
        {
            content: "The card of the list says that it is paused",
            trigger: ".o_kanban_record:contains('Tour cafés'):contains('Paused'):contains('Conversion')",
            run: "click",
        },
        { content: "Why it was paused", trigger: ".alert-danger:contains('Nobody gets leads of this list')" },
        { content: "The reasons so far", trigger: "[name=reason_table]:contains('No need at all'):contains('2')" },
        { trigger: ".o_statusbar_buttons button[name=action_ask_resume]", run: "click" },
        { trigger: ".modal [name=note] textarea", run: "edit We have better phone numbers now" },
        { trigger: ".modal footer button[name=action_apply]:contains('Resume')", run: "click" },
        { trigger: `${calm} .o_statusbar_status .o_arrow_button_current:contains('Running')` },
        { content: "The note is kept", trigger: ".o-mail-Message:contains('We have better phone numbers now')" },
        {
            content: "The leads were handed out",
            trigger: "button[name=action_open_working]:contains('3')",
            run: "click",
        },
        { trigger: ".o_list_view .o_data_row:contains('Lead 0')" },
    ],
});

/** A salesperson gives a client whom the product does not fit to another list. */
registry.category("web_tour.tours").add("sales_funnel_move_misfit", {
    steps: () => [
        { content: "Which list it is from", trigger: "[name=funnel_list_id]:contains('Tour cafés')" },
        { content: "Who the clients are", trigger: "[name=funnel_list_audience]:contains('Small cafés')" },
        { trigger: "button[name=action_funnel_relist]", run: "click" },
        { trigger: ".modal [name=list_id] input", run: "click" },
        { trigger: ".o-autocomplete--dropdown-item:contains('Tour hotels')", run: "click" },
        { trigger: ".modal [name=list_team_id]:contains('Tour Projects')" },
        { trigger: ".modal [name=note] textarea", run: "edit It is a hotel" },
        { trigger: ".modal footer button[name=action_apply]", run: "click" },
        { trigger: `${calm} [name=funnel_list_id]:contains('Tour hotels')` },
        { trigger: ".o-mail-Message:contains('It is a hotel')" },
        { trigger: ".o_statusbar_status .o_arrow_button_current:contains('Start')" },
    ],
});

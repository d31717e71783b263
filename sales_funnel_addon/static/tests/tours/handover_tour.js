import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("sales_funnel_handover", {
    steps: () => [
        { content: "Win the deal", trigger: "button[name=action_set_won_rainbowman]", run: "click" },
        { content: "Two funnels to choose from", trigger: ".modal .o_field_radio:contains(Tour production):contains(Tour supply)" },
        {
            trigger: ".modal .o_radio_item:contains(Tour production) input",
            run: "click",
        },
        { trigger: ".modal button:contains(Win and Hand Over)", run: "click" },
        { content: "The chain has a card of production", trigger: ".o_funnel_chain_here:contains(Tour sales)" },
        { trigger: "button.o_funnel_chain_card:contains(Tour production)", run: "click" },
        { content: "This is the card", trigger: ".o_funnel_chain_here:contains(Tour production)" },
        { content: "Back to the origin", trigger: "button.o_funnel_chain_card:contains(Tour sales)", run: "click" },
        { content: "It can be handed over to supply as well", trigger: ".o_funnel_chain_here:contains(Tour sales)" },
        { trigger: "button[name=action_funnel_hand_over]", run: "click" },
        { trigger: ".modal .o_radio_item:contains(Tour supply) input", run: "click" },
        { trigger: ".modal footer button:contains(Hand Over)", run: "click" },
        { content: "Both cards are there", trigger: "button.o_funnel_chain_card:contains(Tour supply)" },
        { trigger: ".o_form_saved, .o_form_view:not(:has(.o_form_status_indicator_buttons:not(.invisible)))" },
    ],
});

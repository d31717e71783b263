import { registry } from "@web/core/registry";

/** A funnel manager opens the screen of a step, comes back and closes the panel for good. */
registry.category("web_tour.tours").add("sales_funnel_first_steps", {
    steps: () => [
        { trigger: ".o_funnel_first_steps:contains('of 6 steps done')" },
        { content: "What is there is done", trigger: "[data-step=funnels] .fa-check-circle" },
        { content: "Mail is for administrators", trigger: "[data-step=mail]:not(:has(button))" },
        { trigger: "[data-step=roles] button", run: "click" },
        { trigger: ".o_breadcrumb:contains('Roles')" },
        { trigger: ".o_back_button, .breadcrumb-item:contains('Funnels')", run: "click" },
        { trigger: ".o_funnel_first_steps button:contains('Close for Good')", run: "click" },
        { content: "The funnels stay", trigger: ".o_list_view:not(:has(.o_funnel_first_steps)) .o_data_row" },
    ],
});

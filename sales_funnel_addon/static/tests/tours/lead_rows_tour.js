import { registry } from "@web/core/registry";

const tab = (name) => ({ trigger: `.o_notebook a[name=${name}]`, run: "click" });
const row = (text) => `.o_funnel_lead_rows .o_data_row:contains('${text}')`;

/** A salesperson reads in the tabs of a deal what has happened to it; the rows follow what happens meanwhile. */
registry.category("web_tour.tours").add("sales_funnel_lead_rows", {
    steps: () => [
        { content: "Nothing is loaded before", trigger: ".o_form_view:not(:has(.o_funnel_lead_rows)) .o_notebook" },
        tab("funnel_reminders"),
        { trigger: row("Call the client") },
        tab("funnel_quality"),
        { trigger: row("Call him again") },
        tab("funnel_history"),
        { trigger: row("Created") },
        { trigger: ".o_statusbar_status button:contains('Measurement')", run: "click" },
        { content: "The tab is still open, and tells of the move", trigger: row("Moved") },
        { trigger: ".o_funnel_lead_rows button:contains('Show in full')", run: "click" },
        { trigger: ".o_last_breadcrumb_item:contains('Stage History: An oak kitchen')" },
        { trigger: ".o_list_view .o_data_row:contains('Moved')" },
        { trigger: ".o_back_button, .breadcrumb-item:contains('An oak kitchen')", run: "click" },
        { trigger: ".o_form_view .o_notebook" },
    ],
});

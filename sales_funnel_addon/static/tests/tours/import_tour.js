import { registry } from "@web/core/registry";

const uploadBase = async ({ anchor }) => {
    const input = anchor.querySelector("input[type=file]");
    const text = "Имя;Телефон;Что-то\nИван;8 912 345-67-89;1\nИван;+7 912 345-67-89;2\nОлег;345-67;3\n";
    const transfer = new DataTransfer();
    transfer.items.add(new File([text], "base.csv", { type: "text/csv" }));
    input.files = transfer.files;
    input.dispatchEvent(new Event("change"));
};

/** A head of sales imports a base of clients into a cold list: looks at the columns, checks, imports. */
registry.category("web_tour.tours").add("sales_funnel_import", {
    steps: () => [
        { trigger: ".o_form_statusbar button:contains('Import')", run: "click" },
        { trigger: ".o_field_widget[name=file]", run: uploadBase },
        { content: "The file is there", trigger: ".o_field_widget[name=file] .o_clear_file_button" },
        { trigger: "button[special=save]:contains('Read the Table')", run: "click" },
        {
            content: "The columns are recognised",
            trigger: "[name=column_ids] .o_data_row:contains('Телефон'):contains('Phone')",
        },
        { trigger: "a[name=preview]", run: "click" },
        { trigger: ".o_funnel_import_preview:contains('8 912 345-67-89')" },
        { trigger: "button[name=action_check]", run: "click" },
        { content: "It says what would happen", trigger: "button[name=action_open_rows]:contains('New'):contains('1')" },
        { trigger: "button[name=action_open_rows]:contains('With Errors')", run: "click" },
        { trigger: ".o_data_row:contains('345-67'):contains('cannot be used')" },
        { trigger: ".o_back_button, .breadcrumb-item:contains('base.csv') a", run: "click" },
        { trigger: "button[name=action_import]:contains('Import')", run: "click" },
        { trigger: ".o_arrow_button_current:contains('Leads created')" },
        { content: "The report is there", trigger: "button[name=action_report]" },
    ],
});

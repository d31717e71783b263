import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

const task = (name, state) => `.o_funnel_checklist .o_funnel_task${state ? `[data-state=${state}]` : ""}:contains('${name}')`;
const row = (name) => `.o_data_row:contains('${name}')`;

function openMenu(name) {
    return [
        { trigger: "button[data-menu-xmlid='sales_funnel_addon.menu_funnel_root']", run: "click" },
        { trigger: `.o-dropdown--menu .dropdown-item:contains('${name}')`, run: "click" },
        { trigger: `.o_breadcrumb:contains('${name}')` },
    ];
}

/** A salesperson works the checklist on the form of a deal. */
registry.category("web_tour.tours").add("sales_funnel_checklist_salesperson", {
    steps: () => [
        { content: "Nothing is done yet", trigger: ".o_funnel_checklist .badge:contains('0/3')" },
        { content: "The script names the client", trigger: ".o_funnel_script:contains('Good morning, Ivan')" },
        { content: "The materials can be opened", trigger: "[name=funnel_material_ids] a:contains('prices.txt')" },
        { content: "What is typed in is saved first", trigger: "[name=name] textarea", run: "edit A kitchen of oak" },
        { content: "Tick", trigger: `${task("Call the client", "open")} input`, run: "click" },
        { content: "Who has done it", trigger: `${task("Call the client", "done")}:contains('Tour Anna')` },
        { trigger: ".o_funnel_checklist .badge:contains('1/3')" },
        { trigger: ".o_last_breadcrumb_item:contains('A kitchen of oak')" },
        { content: "Not after all", trigger: `${task("Call the client", "done")} input`, run: "click" },
        { content: "Once more", trigger: `${task("Call the client", "open")} input:not(:checked)`, run: "click" },
        { trigger: `${task("Call the client", "done")} input:checked` },
        { content: "The stock is up to others", trigger: `${task("Check the stock")} input:disabled[title*='Warehouse']` },
        { content: "How it is done", trigger: `${task("Check the stock")} button[aria-expanded=false]`, run: "click" },
        { trigger: `${task("Check the stock")}:contains('Look into the list')` },
        { content: "Ask for the discount", trigger: `${task("Discount", "open")} button:contains('Request')`, run: "click" },
        { trigger: `${task("Discount", "requested")}:contains('Tour Anna'):not(:has(button:contains('Approve')))` },
        { content: "The chatter says so", trigger: ".o-mail-Message:contains('Approval asked for')" },
        { content: "Log a call", trigger: "a[name=funnel_contacts]", run: "click" },
        { trigger: "[name=funnel_contact_ids] .o_field_x2many_list_row_add a", run: "click" },
        { content: "Nothing is chosen yet", trigger: "[name=funnel_contact_ids] [name=outcome] input", run: "click" },
        { trigger: ".o_select_menu_item:contains('Reached')", run: "click" },
        { trigger: "[name=funnel_contact_ids] [name=note] input", run: "edit Wants oak" },
        { trigger: ".o_form_button_save", run: "click" },
        { trigger: ".o_form_saved, .o_form_view:not(:has(.o_form_button_save:visible))" },
    ],
});

/** The head of sales finds the request, refuses it, and agrees when asked again. */
registry.category("web_tour.tours").add("sales_funnel_checklist_head", {
    url: "/odoo",
    steps: () => [
        { content: "It is counted", trigger: ".o_menu_systray i[aria-label='Activities']", run: "click" },
        { trigger: ".o-mail-ActivityGroup:contains('Waiting for My Approval') span:contains('1 All')", run: "click" },
        { trigger: ".o_breadcrumb:contains('Waiting for My Approval')" },
        { trigger: `${row("Discount")} button[name=action_refuse]`, run: "click" },
        { trigger: ".modal [name=comment] textarea", run: "edit Too much" },
        { trigger: ".modal footer button[name=action_apply]", run: "click" },
        { content: "It waits no more", trigger: ".o_list_view:not(:has(.o_data_row:contains('Discount')))" },
    ],
});

registry.category("web_tour.tours").add("sales_funnel_checklist_ask_again", {
    steps: () => [
        { content: "Why not", trigger: `${task("Discount", "refused")}:contains('Too much')` },
        { trigger: `${task("Discount", "refused")} button:contains('Request again')`, run: "click" },
        { trigger: task("Discount", "requested") },
    ],
});

registry.category("web_tour.tours").add("sales_funnel_checklist_approve", {
    url: "/odoo",
    steps: () => [
        stepUtils.showAppsMenuItem(),
        { trigger: ".o_app[data-menu-xmlid='crm.crm_menu_root']", run: "click" },
        ...openMenu("Waiting for My Approval"),
        { trigger: `${row("Discount")} .o_list_record_selector input`, run: "click" },
        { content: "Approve what is selected", trigger: ".o_control_panel button[name=action_approve]", run: "click" },
        { trigger: ".o_list_view:not(:has(.o_data_row:contains('Discount')))" },
    ],
});

/** Somebody of the warehouse, with no part in sales, does what is theirs. */
registry.category("web_tour.tours").add("sales_funnel_checklist_warehouse", {
    url: "/odoo",
    steps: () => [
        stepUtils.showAppsMenuItem(),
        { trigger: ".o_app[data-menu-xmlid='crm.crm_menu_root']", run: "click" },
        { content: "The app begins with what there is to do", trigger: ".o_breadcrumb:contains('My Tasks')" },
        { trigger: `${row("Check the stock")} td[name=name]`, run: "click" },
        { content: "Who asks for what", trigger: ".o_form_view [name=lead_contact]:contains('Ivan Smirnov')" },
        { trigger: ".o_form_view [name=instructions]:contains('Look into the list')" },
        { trigger: "button[name=action_open_lead]", run: "click" },
        { content: "Nothing for sellers here", trigger: ".o_lead_opportunity_form:not(:has(button[name=action_set_won_rainbowman]))" },
        { trigger: `${task("Call the client")} input:disabled` },
        { trigger: `${task("Check the stock", "open")} input:enabled`, run: "click" },
        { content: "With the task goes the sight of the deal", trigger: ".o_notification:contains('nothing more to do')" },
        { trigger: ".o_list_view:not(:has(.o_data_row:contains('Check the stock')))" },
    ],
});

/** A manager chooses the questions that have to be answered. */
registry.category("web_tour.tours").add("sales_funnel_questions", {
    steps: () => [
        { trigger: ".o_funnel_questions .o-checkbox:contains('Which colour?') input:not(:checked)", run: "click" },
        { trigger: ".o_funnel_questions .o-checkbox:contains('Which wood?') input:checked", run: "click" },
        { trigger: ".o_form_button_save", run: "click" },
        { trigger: ".o_form_saved, .o_form_view:not(:has(.o_form_button_save:visible))" },
    ],
});

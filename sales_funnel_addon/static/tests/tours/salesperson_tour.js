import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

const column = (name) => `.o_kanban_group:has(.o_column_title:contains('${name}'))`;
const card = (name, stage) => `${column(stage)} .o_kanban_record:contains('${name}')`;

function openFunnel(name) {
    return [
        {
            content: "Open the menu of the funnels",
            trigger: "button[data-menu-xmlid='sales_funnel_addon.menu_funnel_root']",
            run: "click",
        },
        {
            content: `Open the funnel ${name}`,
            trigger: `.o-dropdown--menu .dropdown-item:contains(/^${name}$/)`,
            run: "click",
        },
        { trigger: `.o_breadcrumb:contains('${name}')` },
    ];
}

function refusal(text) {
    return [
        { content: "The server says what is missing", trigger: `.modal .modal-body:contains('${text}')` },
        { trigger: ".modal .modal-footer button:contains('Close')", run: "click" },
    ];
}

/** A salesperson takes a request in, qualifies it, converts it, meets the rules on the way and loses the deal. */
registry.category("web_tour.tours").add("sales_funnel_salesperson", {
    url: "/odoo",
    steps: () => [
        stepUtils.showAppsMenuItem(),
        { trigger: ".o_app[data-menu-xmlid='crm.crm_menu_root']", run: "click" },
        ...openFunnel("Leads"),
        { content: "Take a request in", trigger: "body:has(.o_kanban_group) .o-kanban-button-new", run: "click" },
        { trigger: ".o_kanban_quick_create [name=contact_name] input", run: "edit Ivan Smirnov" },
        { trigger: ".o_kanban_quick_create [name=phone] input", run: "edit +7 912 345-67-89" },
        { content: "Select the channel", trigger: ".o_kanban_quick_create [name=preferred_channel] input", run: "click" },
        { trigger: ".o_select_menu_item:contains('WhatsApp')", run: "click" },
        { trigger: ".o_kanban_add", run: "click" },
        { content: "The title is the name", trigger: card("Ivan Smirnov", "New lead") },
        { trigger: ".o_kanban_quick_create .o_kanban_cancel", run: "click" },
        { trigger: ".o_kanban_renderer:not(:has(.o_kanban_quick_create))" },
        { content: "Move it", trigger: card("Ivan Smirnov", "New lead"), run: `drag_and_drop (${column("Qualification")})` },
        {
            content: "The dialog says what has to be done first",
            trigger: ".o_funnel_move_task:contains('First analysis') input",
            run: "click",
        },
        { trigger: ".modal .o_funnel_save_and_move", run: "click" },
        { trigger: "body:not(:has(.o_funnel_move_dialog))" },
        { content: "Open it", trigger: card("Ivan Smirnov", "Qualification"), run: "click" },
        {
            content: "The fields that are asked for wear the mark, others do not",
            trigger: ".o_field_widget[name=contact_name].o_required_modifier",
        },
        { trigger: ".o_field_widget[name=source_id].o_required_modifier" },
        { trigger: ".o_form_view:not(:has([name=email_from].o_required_modifier))" },
        { content: "Leads have stages too", trigger: ".o_arrow_button_current:contains('Qualification')" },
        { trigger: "button:contains('Convert to Opportunity')", run: "click" },
        { trigger: ".modal footer button:contains('Create Opportunity')", run: "click" },
        ...refusal("Fill in: Source"),
        { trigger: ".modal footer button:contains('Cancel')", run: "click" },
        { trigger: ".o_field_widget[name=source_id] input", run: "edit Website" },
        { trigger: ".o-autocomplete--dropdown-item:contains('Website')", run: "click" },
        { trigger: ".o_field_widget[name=description] .odoo-editor-editable", run: "editor A kitchen of oak" },
        { trigger: ".o_form_button_save", run: "click" },
        { trigger: ".o_form_saved, .o_form_view:not(:has(.o_form_button_save:visible))" },
        { trigger: "button:contains('Convert to Opportunity')", run: "click" },
        { trigger: ".modal footer button:contains('Create Opportunity')", run: "click" },
        { content: "It is a deal now", trigger: ".o_arrow_button_current:contains('Technical specification')" },
        ...openFunnel("Deals"),
        {
            content: "A deal that is not paid is not won",
            trigger: card("Ivan Smirnov", "Technical specification"),
            run: `drag_and_drop (${column("100 % payment")})`,
        },
        { trigger: card("Ivan Smirnov", "100 % payment"), run: "click" },
        { trigger: "button[name=action_set_won_rainbowman]", run: "click" },
        { content: "The funnel asks for what is missing", trigger: ".modal .o_funnel_move_dialog [name=contract_amount]" },
        { trigger: ".modal footer button:contains('Cancel')", run: "click" },
        { content: "It stays where it was", trigger: ".o_arrow_button_current:contains('100 % payment')" },
        { content: "Lose it", trigger: ".o_statusbar_buttons button:contains('Lost')", run: "click" },
        { trigger: ".modal .o_selection_badge:contains('Expensive')", run: "click" },
        { content: "The reason asks for the city", trigger: ".modal .o_funnel_missing_fields [name=city] input", run: "edit Perm" },
        { trigger: ".modal [name=lost_comment] textarea", run: "edit Twice the budget" },
        { trigger: ".modal footer button:contains('Mark as Lost')", run: "click" },
        { content: "The comment stands on top", trigger: ".alert-danger:contains('Twice the budget')" },
        ...openFunnel("Refusals"),
        { trigger: ".o_data_row:contains('Ivan Smirnov'):contains('Expensive')" },
        ...openFunnel("Junk"),
        { trigger: ".o_list_view:not(:has(.o_data_row:contains('Ivan Smirnov')))" },
    ],
});

import { markup } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";

const tab = (name) => `.o_form_view .nav-link[name=${name}]`;
const row = (name) => `.o_form_view div[name=${name}] .o_data_row .o_data_cell`;

/** Whoever configures: from a preset to a stage with a requirement, a task and a reminder. */
registry.category("web_tour.tours").add("funnel_manager_guide", {
    url: "/odoo/action-sales_funnel_addon.funnel_preset_action",
    steps: () => [
        {
            trigger: ".o_kanban_record button[name=action_load]",
            content: markup(
                _t("A preset brings <b>whole funnels</b>: stages, tasks and reminders. Load one; what you change later stays changed.")
            ),
            tooltipPosition: "bottom",
            run: "click",
        },
        {
            trigger: "button[data-menu-xmlid='crm.crm_menu_config']",
            content: _t("All settings of the funnels are in this menu."),
            tooltipPosition: "bottom",
            run: "click",
        },
        {
            trigger: ".dropdown-item[data-menu-xmlid='sales_funnel_addon.menu_funnel_team']",
            content: _t("Here are your funnels."),
            tooltipPosition: "right",
            run: "click",
        },
        {
            trigger: ".o_list_view .o_data_row .o_data_cell[name=name]",
            content: markup(_t("<b>Open a funnel</b> to see its people, stages and reasons.")),
            tooltipPosition: "bottom",
            run: "click",
        },
        {
            trigger: tab("funnel_stages"),
            content: _t("The stages of the funnel are here. Drag them into their order."),
            tooltipPosition: "top",
            run: "click",
        },
        {
            trigger: row("stage_ids"),
            content: markup(_t("<b>Open a stage</b>: whatever a lead meets there stands on the stage.")),
            tooltipPosition: "top",
            run: "click",
        },
        {
            trigger: `.modal ${tab("must_have")}`,
            content: markup(
                _t("<b>Must Have</b>: the fields that have to be filled in before a lead comes in, or before it moves on.")
            ),
            tooltipPosition: "top",
            run: "click",
        },
        {
            trigger: `.modal ${tab("must_do")}`,
            content: markup(_t("<b>Must Do</b>: the tasks and approvals that every lead gets here.")),
            tooltipPosition: "top",
            run: "click",
        },
        {
            trigger: `.modal ${tab("if_nobody_does")}`,
            content: markup(_t("<b>If Nobody Does</b>: who is reminded, and when, if a lead waits for too long.")),
            tooltipPosition: "top",
            run: "click",
        },
        {
            trigger: ".modal .modal-footer .o_form_button_cancel, .modal .modal-header .btn-close",
            content: _t("Add lines wherever you like, and save. For now, close the stage."),
            tooltipPosition: "top",
            run: "click",
        },
    ],
});

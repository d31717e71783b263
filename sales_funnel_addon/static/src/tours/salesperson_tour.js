import { markup } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";

const form = ".o_crm_form_view";
/** A salesperson: from a request to the first stage that it has earned. */
registry.category("web_tour.tours").add("funnel_salesperson_guide", {
    url: "/odoo/action-sales_funnel_addon.funnel_task_action",
    steps: () => [
        {
            trigger: "button[data-menu-xmlid='sales_funnel_addon.menu_funnel_root']",
            content: markup(_t("Each <b>funnel</b> has a board of its own.")),
            tooltipPosition: "bottom",
            run: "click",
        },
        {
            trigger: ".dropdown-item[data-menu-xmlid^='sales_funnel_addon.funnel_menu_']",
            content: _t("Open the first one."),
            tooltipPosition: "right",
            run: "click",
        },
        {
            trigger: "body:has(.o_kanban_group) .o-kanban-button-new",
            content: markup(_t("Somebody calls? <b>Enter the request</b> here.")),
            tooltipPosition: "bottom",
            run: "click",
        },
        {
            trigger: ".o_kanban_quick_create .o_field_widget[name=contact_name] input",
            content: _t("Type the name of the client; the rest can wait."),
            tooltipPosition: "right",
            run: "edit Brandon Freeman",
        },
        {
            trigger: ".o_kanban_quick_create .o_kanban_add",
            content: _t("Put the request on the board."),
            tooltipPosition: "bottom",
            run: "click",
        },
        {
            isActive: ["auto"],
            trigger: ".o_kanban_group .o_kanban_record:contains('Brandon Freeman')",
        },
        {
            trigger: ".o_kanban_group .o_kanban_record:not(.o_kanban_ghost)",
            content: markup(_t("<b>Open the card</b>: it says who the client is and what has to be done.")),
            tooltipPosition: "right",
            run: "click",
        },
        {
            trigger: `${form} .o_funnel_task input:enabled:not(:checked)`,
            content: markup(_t("The <b>checklist</b> of the stage. Tick what is done.")),
            tooltipPosition: "left",
            run: "click",
        },
        {
            isActive: ["manual"], // any stage will do
            trigger: `${form} .o_statusbar_status`,
            content: markup(
                _t("Now <b>move it on</b>: click a later stage. A dialog says what is still missing; fill it in, or cancel.")
            ),
            tooltipPosition: "bottom",
            run: "click",
        },
        {
            isActive: ["auto"],
            trigger: `${form} .o_statusbar_status .o_arrow_button:not(.o_arrow_button_current):not(.dropdown-toggle)`,
            run: "click",
        },
        // Odoo hides its pointer while a dialog is open: what it is about has been said before
        { isActive: ["auto"], trigger: ".modal .o_funnel_move_dialog footer .btn-secondary", run: "click" },
        {
            trigger: `${form} button[name=action_funnel_reached], ${form} button[name=action_funnel_no_answer]`,
            content: markup(
                _t("After every call: <b>one click</b> notes the attempt, and the next call is planned by itself.")
            ),
            tooltipPosition: "bottom",
            run: "click",
        },
    ],
});

import { markup } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";

const tab = (name) => `.o_form_view .nav-link[name=${name}]`;
/**
 * People may choose any row; a click by the machine has to hit a cell. A list that is drawn anew is gone for a moment:
 * without something that stays, the tour would go back by two steps.
 */
const anyRow = (list, step) => [
    { ...step, isActive: ["manual"], trigger: `${list} tbody, .o_action_manager`, run: "click" },
    { ...step, isActive: ["auto"], trigger: `body:not(:has(.o_form_view)) ${list} .o_data_row .o_data_cell[name=name]`, run: "click" },
];

/** Open a screen of the settings by its menu. */
const openSettings = (menu, menuContent, itemContent) => [
    {
        trigger: "button[data-menu-xmlid='crm.crm_menu_config']",
        content: menuContent,
        tooltipPosition: "bottom",
        run: "click",
    },
    {
        trigger: `.dropdown-item[data-menu-xmlid='sales_funnel_addon.${menu}']`,
        content: itemContent,
        tooltipPosition: "right",
        run: "click",
    },
];

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
        ...openSettings(
            "menu_funnel_team",
            _t("All settings of the funnels are in this menu."),
            _t("Here are your funnels.")
        ),
        ...anyRow(".o_list_view", {
            content: markup(_t("<b>Open a funnel</b> to see its people, stages and reasons.")),
            tooltipPosition: "bottom",
        }),
        {
            trigger: tab("funnel_stages"),
            content: _t("The stages of the funnel are here. Drag them into their order."),
            tooltipPosition: "top",
            run: "click",
        },
        ...openSettings(
            "menu_funnel_stage",
            markup(_t("What a stage asks for stands on the stage. <b>Open the settings</b> once more.")),
            _t("Here are the stages of all funnels.")
        ),
        ...anyRow(".o_list_view", {
            content: markup(_t("<b>Open a stage.</b>")),
            tooltipPosition: "bottom",
        }),
        {
            trigger: tab("must_have"),
            content: markup(
                _t("<b>Must Have</b>: the fields that have to be filled in before a lead comes in, or before it moves on.")
            ),
            tooltipPosition: "top",
            run: "click",
        },
        {
            trigger: tab("must_do"),
            content: markup(_t("<b>Must Do</b>: the tasks and approvals that every lead gets here.")),
            tooltipPosition: "top",
            run: "click",
        },
        {
            trigger: tab("if_nobody_does"),
            content: markup(
                _t("<b>If Nobody Does</b>: who is reminded, and when, if a lead waits for too long. Add lines wherever you like.")
            ),
            tooltipPosition: "top",
            run: "click",
        },
    ],
});

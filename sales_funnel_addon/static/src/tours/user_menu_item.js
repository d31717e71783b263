import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";

/** Whoever sells finds the guided tour where they look for help: below their own name. */
function guideItem(env) {
    const sells = env.services.menu.getAll().some((menu) => menu.xmlid === "sales_funnel_addon.menu_funnel_dashboard");
    return {
        type: "item",
        id: "funnel_guide",
        description: _t("Tour of the Funnels"),
        hide: !sells || env.isSmall, // it points at menus that a phone does not show
        callback: () => env.services.tour_service.startTour("funnel_salesperson_guide", { mode: "manual" }),
        sequence: 35,
    };
}

registry.category("user_menuitems").add("funnel_guide", guideItem);

import { registry } from "@web/core/registry";

const addTour = (name, trigger) =>
    registry.category("web_tour.tours").add(`sales_funnel_${name}`, {
        steps: () => [{ trigger: ".o_user_menu button", run: "click" }, { trigger: `.o-dropdown--menu${trigger}` }],
    });

addTour("find_guide", " .dropdown-item[data-menu=funnel_guide]");
addTour("find_no_guide", ":has([data-menu=preferences], [data-menu=settings]):not(:has([data-menu=funnel_guide]))");

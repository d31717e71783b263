import { ActivityMenu } from "@mail/core/web/activity_menu";
import { patch } from "@web/core/utils/patch";

/** Which filter of the list each number in the menu opens. */
const FILTERS = {
    overdue: { search_default_overdue: 1 },
    today: { search_default_today: 1 },
};

patch(ActivityMenu.prototype, {
    openActivityGroup(group, filter, newWindow) {
        if (group.type !== "funnel_task") {
            return super.openActivityGroup(...arguments);
        }
        this.dropdown.close();
        return this.action.doAction(group.action, {
            newWindow,
            additionalContext: FILTERS[filter] || {},
            clearBreadcrumbs: true,
        });
    },
});

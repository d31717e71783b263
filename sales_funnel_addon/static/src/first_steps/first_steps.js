import { Component, onWillStart, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { listView } from "@web/views/list/list_view";
import { ListRenderer } from "@web/views/list/list_renderer";

/** What is still missing before people can work with the funnels; closed for good, nothing is left of it. */
export class FirstSteps extends Component {
    static template = "sales_funnel_addon.FirstSteps";
    static props = {};

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.tours = useService("tour_service");
        this.state = useState({ steps: [] });
        onWillStart(async () => {
            this.state.steps = await this.orm.call("funnel.first.steps", "get_steps", []);
        });
    }

    get progress() {
        const { steps } = this.state;
        const done = steps.filter((step) => step.done).length;
        return _t("%(done)s of %(count)s steps done", { done, count: steps.length });
    }

    async open(step) {
        this.action.doAction(await this.orm.call("funnel.first.steps", "get_action", [step.name]));
    }

    showAround() {
        return this.tours.startTour("funnel_manager_guide", { mode: "manual" });
    }

    async close() {
        await this.orm.call("funnel.first.steps", "close", []);
        this.state.steps = [];
    }
}

/** The list of the funnels, with the first steps above it. */
export class FunnelListRenderer extends ListRenderer {
    static template = "sales_funnel_addon.FunnelListRenderer";
    static components = { ...ListRenderer.components, FirstSteps };
}

registry.category("views").add("funnel_team_list", { ...listView, Renderer: FunnelListRenderer });

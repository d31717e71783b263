import { Component } from "@odoo/owl";
import { PERIODS } from "./dashboard_periods";

/** The filters of the dashboard: period, funnel, salesperson and source. */
export class DashboardFilters extends Component {
    static template = "sales_funnel_addon.DashboardFilters";
    static props = { filters: Object, options: Object, update: Function };

    setup() {
        this.periods = PERIODS;
    }

    onPeriod(event) {
        this.props.update({ period: event.target.value });
    }

    onDay(name, event) {
        this.props.update({ [name]: event.target.value || false });
    }

    onChoose(name, event) {
        this.props.update({ [name]: Number(event.target.value) || false });
    }
}

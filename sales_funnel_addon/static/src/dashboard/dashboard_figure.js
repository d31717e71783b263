import { Component } from "@odoo/owl";
import { formatInteger } from "./dashboard_format";

/** One figure that opens what it counts. */
export class DashboardFigure extends Component {
    static template = "sales_funnel_addon.DashboardFigure";
    static props = {
        figure: Object,
        title: String,
        open: Function,
        text: { type: String, optional: true },
        class: { type: String, optional: true },
    };

    get text() {
        return this.props.text ?? formatInteger(this.props.figure.value);
    }

    get label() {
        return `${this.props.title}: ${this.text}`;
    }

    onClick() {
        this.props.open(this.props.figure, this.props.title);
    }
}

/** A card with one large figure and a line about it. */
export class DashboardCard extends Component {
    static template = "sales_funnel_addon.DashboardCard";
    static components = { DashboardFigure };
    static props = {
        name: String,
        figure: Object,
        title: String,
        open: Function,
        text: { type: String, optional: true },
        note: { type: String, optional: true },
        tone: { type: String, optional: true },
    };
}

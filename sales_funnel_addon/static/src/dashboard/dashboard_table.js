import { Component, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { DashboardFigure } from "./dashboard_figure";

/** How many lines are shown until somebody asks for more. */
const SHORT = 8;

/** A block with a table: a line for each source, list, person …, a column for each figure. */
export class DashboardTable extends Component {
    static template = "sales_funnel_addon.DashboardTable";
    static components = { DashboardFigure };
    static props = {
        name: String,
        title: String,
        lines: Array,
        /** Each with the `name` of the figure, a `label`, and perhaps a function that makes a `text` of a line. */
        columns: Array,
        open: Function,
        nobody: { type: String, optional: true },
        empty: { type: String, optional: true },
    };

    setup() {
        this.state = useState({ all: false });
    }

    get lines() {
        return this.state.all ? this.props.lines : this.props.lines.slice(0, SHORT);
    }

    get hidden() {
        return this.props.lines.length - this.lines.length;
    }

    get more() {
        return _t("%s more", this.hidden);
    }

    getName(line) {
        return line.name || this.props.nobody || _t("None");
    }

    getTitle(line, column) {
        return `${this.getName(line)}, ${column.label}`;
    }

    showAll() {
        this.state.all = true;
    }
}

import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { DashboardFigure } from "./dashboard_figure";
import { formatAmount, formatHours, formatInteger, formatShare } from "./dashboard_format";

/** One funnel: a bar for each stage, how many went on from there, how long it took, and what stands there now. */
export class DashboardFunnel extends Component {
    static template = "sales_funnel_addon.DashboardFunnel";
    static components = { DashboardFigure };
    static props = { funnel: Object, currencyId: Number, open: Function };

    get largest() {
        return Math.max(1, ...this.props.funnel.stages.map((stage) => stage.entered.value));
    }

    /** Leads that are only asked for have no revenue yet. */
    get hasRevenue() {
        return this.props.funnel.stages.some((stage) => stage.revenue.value);
    }

    /** Return what a bar consists of: who went on, who was lost or went elsewhere, who is still there. */
    getParts(stage) {
        const kinds = [
            ["went_on", _t("Went on")],
            ["open", _t("Still there")],
            ["back", _t("Went back")],
            ["deferred", _t("Deferred")],
            ["lost", _t("Losses")],
        ];
        return kinds
            .filter(([kind]) => stage[kind].value)
            .map(([kind, title]) => ({
                kind,
                title: `${stage.name}, ${title}`,
                figure: stage[kind],
                text: `${title}: ${formatInteger(stage[kind].value)}`,
                style: `width: ${(100 * stage[kind].value) / this.largest}%`,
            }));
    }

    getShare(stage) {
        return formatShare(stage.went_on.value, stage.entered.value);
    }

    getHours(stage) {
        return formatHours(stage.hours);
    }

    getAmount(figure) {
        return formatAmount(figure.value, this.props.currencyId);
    }

    getTitle(stage, text) {
        return `${stage.name}, ${text}`;
    }

    get titles() {
        return {
            entered: _t("Entered"),
            went_on: _t("Went on"),
            hours: _t("Time there"),
            lost: _t("Losses"),
            now: _t("There now"),
            revenue: _t("Revenue there"),
        };
    }
}

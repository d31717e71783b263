import { Component, onWillStart, useState } from "@odoo/owl";
import { router } from "@web/core/browser/router";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { useSetupAction } from "@web/search/action_hook";
import { ControlPanel } from "@web/search/control_panel/control_panel";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { DashboardChart } from "./dashboard_chart";
import { DashboardCard } from "./dashboard_figure";
import { DashboardFilters } from "./dashboard_filters";
import { formatAmount, formatMonth, formatShare } from "./dashboard_format";
import { DashboardFunnel } from "./dashboard_funnel";
import { getDays, PERIODS } from "./dashboard_periods";
import { DashboardTable } from "./dashboard_table";

const COLORS = { refusal: "#EA6175", junk: "#A4A8B6", waiting: "#4EA7F2" };
/** How many reasons the chart of losses has room for. */
const REASONS = 12;
/** What the server counts side by side. */
const PARTS = ["lines", "funnels"];
const NUMBERS = ["team_id", "user_id", "source_id"];

/** The dashboard of the funnels: figures of a period and of this moment, each of which opens what it counts. */
export class Dashboard extends Component {
    static template = "sales_funnel_addon.Dashboard";
    static components = { ControlPanel, DashboardCard, DashboardChart, DashboardFilters, DashboardFunnel, DashboardTable };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.state = useState({ filters: this.getFirstFilters(), data: null, loading: true, error: "" });
        this.open = this.open.bind(this);
        this.update = this.update.bind(this);
        useSetupAction({ getLocalState: () => ({ filters: { ...this.state.filters } }) });
        onWillStart(async () => {
            this.options = await this.orm.call("funnel.dashboard", "get_options", []);
            this.keepInLink();
            this.load(); // the page is there while the figures are still being counted
        });
    }

    /** Return the filters of the link, or those before somebody looked behind a figure. */
    getFirstFilters() {
        const { path, id } = this.props.action;
        const link = [path, id].includes(router.current.action) ? router.current : {};
        const asked = this.props.state?.filters || link;
        const period = asked.period in PERIODS ? asked.period : "month";
        const days = period === "custom" ? { date_from: asked.date_from || false, date_to: asked.date_to || false } : getDays(period);
        const numbers = Object.fromEntries(NUMBERS.map((name) => [name, Number(asked[name]) || false]));
        return { period, ...days, ...numbers };
    }

    async load() {
        this.state.loading = true;
        this.state.error = "";
        const { period: _period, ...filters } = this.state.filters;
        const data = (this.latest = {}); // what was asked for before comes too late
        const ask = async (part) => {
            Object.assign(data, await this.orm.silent.call("funnel.dashboard", "get_figures", [filters, [part]]));
            if (data === this.latest && data.summary) {
                this.state.data = { ...data };
            }
        };
        let message = "";
        try {
            await Promise.all(PARTS.map(ask));
        } catch (error) {
            message = error.data?.message || error.message || _t("The server did not answer.");
        }
        if (data === this.latest) {
            this.state.data = message ? null : this.state.data;
            this.state.error = message;
            this.state.loading = false;
        }
    }

    update(changes) {
        const filters = { ...this.state.filters, ...changes };
        if (changes.period && changes.period !== "custom") {
            Object.assign(filters, getDays(changes.period));
        }
        this.state.filters = filters;
        this.keepInLink();
        return this.load();
    }

    /** Write the filters into the link, so that it can be kept or sent to somebody. */
    keepInLink() {
        const { filters } = this.state;
        const custom = filters.period === "custom";
        this.props.updateActionState?.({
            period: filters.period,
            date_from: (custom && filters.date_from) || undefined,
            date_to: (custom && filters.date_to) || undefined,
            ...Object.fromEntries(NUMBERS.map((name) => [name, filters[name] || undefined])),
        });
    }

    // ------------------------------------------------------------
    // WHAT IS SHOWN
    // ------------------------------------------------------------

    get isEmpty() {
        const { summary, funnels } = this.state.data;
        return funnels?.length === 0 && !Object.values(summary).some((figure) => figure.value);
    }

    get cards() {
        const { summary } = this.state.data;
        const amount = (name) => formatAmount(summary[name].value, this.options.currency_id);
        const share = (part, whole) => formatShare(summary[part].value, summary[whole].value);
        const card = (name, title, note, more) => ({ name, title, note, figure: summary[name], ...more });
        return [
            card("cohort_lead", _t("New leads"), _t("came in during the period")),
            card("cohort_converted", _t("Deals among them"), _t("%s of the new leads", share("cohort_converted", "cohort_lead"))),
            card("cohort_junk", _t("Junk among them"), _t("%s leads", summary.cohort_junk.value), {
                text: share("cohort_junk", "cohort_lead"),
            }),
            card("won", _t("Won deals"), amount("won_revenue"), { tone: "good" }),
            card("refusals", _t("Refusals"), _t("besides %s junk", summary.junk_losses.value)),
            card("returned", _t("Refusals returned"), _t("%s of those checked", share("returned", "checked"))),
            card("blocked", _t("Blocked by checks"), amount("blocked_amount")),
            card("overdue", _t("Overdue now"), _t("%s reminders in the period", summary.told.value), {
                tone: summary.overdue.value ? "bad" : undefined,
            }),
            card("standing", _t("Open now"), amount("standing_revenue")),
            card("waiting", _t("Deferred now"), _t("waiting for their month")),
        ];
    }

    get reasons() {
        return this.state.data.reasons.slice(0, REASONS).map((line) => ({
            key: `${line.id}-${line.category}`,
            label: line.name || _t("Without reason"),
            figure: line.losses,
            color: COLORS[line.category],
        }));
    }

    get months() {
        return this.state.data.months.map((line) => ({
            key: line.id,
            label: formatMonth(line.name),
            figure: line.waiting,
            color: COLORS.waiting,
        }));
    }

    get legend() {
        return [
            { label: _t("Refusals"), color: COLORS.refusal },
            { label: _t("Junk"), color: COLORS.junk },
        ];
    }

    get cohortColumns() {
        const share = (name) => (line) => formatShare(line[name].value, line.lead.value);
        return [
            { name: "lead", label: _t("Leads") },
            { name: "junk", label: _t("Junk"), text: share("junk") },
            { name: "refusal", label: _t("Refused"), text: share("refusal") },
            { name: "converted", label: _t("Became deals"), text: share("converted") },
            { name: "won", label: _t("Won"), text: share("won") },
        ];
    }

    get listColumns() {
        const share = (name) => (line) => formatShare(line[name].value, line.processed.value);
        return [
            { name: "lead", label: _t("Leads") },
            { name: "processed", label: _t("Processed") },
            { name: "junk", label: _t("Junk"), text: share("junk") },
            { name: "refused", label: _t("Refused"), text: share("refused") },
            { name: "converted", label: _t("Became deals"), text: share("converted") },
        ];
    }

    get peopleColumns() {
        return [
            { name: "overdue", label: _t("Overdue now") },
            { name: "told", label: _t("Reminded") },
            { name: "ignored", label: _t("Not acted on") },
            { name: "refusal", label: _t("Refusals") },
            { name: "returned", label: _t("Returned"), text: (line) => formatShare(line.returned.value, line.checked.value) },
        ];
    }

    get checkColumns() {
        return [
            { name: "entered", label: _t("Entered") },
            { name: "blocked", label: _t("Blocked Deals") },
            { name: "amount", label: _t("Amount"), text: (line) => formatAmount(line.amount.value, this.options.currency_id) },
        ];
    }

    /** What was chosen, in words, for the head of a printout. */
    get description() {
        const { filters } = this.state;
        const chosen = [
            ["team_id", this.options.teams],
            ["user_id", this.options.users],
            ["source_id", this.options.sources],
        ].map(([name, options]) => options.find((option) => option.id === filters[name])?.name);
        const days = [filters.date_from, filters.date_to].filter(Boolean).join(" – ");
        return [PERIODS[filters.period].label.toString(), days, ...chosen].filter(Boolean).join(" · ");
    }

    // ------------------------------------------------------------
    // WHAT PEOPLE DO
    // ------------------------------------------------------------

    /** Open what a figure counts, with the domain it was counted with. */
    open(figure, title) {
        const isLead = figure.model === "crm.lead";
        const kinds = ["list", "pivot", "graph"].map((kind) => [false, kind]);
        return this.action.doAction({
            type: "ir.actions.act_window",
            name: title,
            res_model: figure.model,
            views: isLead ? this.options.lead_views : kinds,
            search_view_id: isLead ? [this.options.lead_search_view_id] : undefined,
            domain: figure.domain,
            context: { active_test: false, create: false },
        });
    }

    print() {
        window.print();
    }
}

registry.category("actions").add("sales_funnel_addon.dashboard", Dashboard);

import { Component, onWillStart, onWillUnmount, useEffect, useRef } from "@odoo/owl";
import { loadBundle } from "@web/core/assets";
import { cookie } from "@web/core/browser/cookie";
import { getCustomColor } from "@web/core/colors/colors";

const scheme = cookie.get("color_scheme");
const TEXT = getCustomColor(scheme, "#374151", "#E4E4E4");
const GRID = getCustomColor(scheme, "rgba(0,0,0,.1)", "rgba(255,255,255,.15)");

/** A block with a bar chart whose bars open what they count; for screen readers and keyboards it is a list of links. */
export class DashboardChart extends Component {
    static template = "sales_funnel_addon.DashboardChart";
    static props = {
        name: String,
        title: String,
        /** Each with a `label`, a `figure`, and the `color` and perhaps the `group` it belongs to. */
        bars: Array,
        open: Function,
        horizontal: { type: Boolean, optional: true },
        legend: { type: Array, optional: true },
        empty: { type: String, optional: true },
    };

    setup() {
        this.canvas = useRef("canvas");
        onWillStart(() => loadBundle("web.chartjs_lib"));
        useEffect(
            () => this.draw(),
            () => [this.props.bars]
        );
        onWillUnmount(() => this.chart?.destroy());
    }

    get style() {
        return `height: ${this.props.horizontal ? 40 + 26 * this.props.bars.length : 260}px`;
    }

    draw() {
        this.chart?.destroy();
        this.chart = null;
        if (!this.canvas.el) {
            return;
        }
        const { bars, horizontal } = this.props;
        const values = { ticks: { color: TEXT, precision: 0 }, grid: { color: GRID }, beginAtZero: true };
        const names = { ticks: { color: TEXT, autoSkip: false }, grid: { display: false } };
        this.chart = new Chart(this.canvas.el, {
            type: "bar",
            data: {
                labels: bars.map((bar) => bar.label),
                datasets: [
                    {
                        data: bars.map((bar) => bar.figure.value),
                        backgroundColor: bars.map((bar) => bar.color),
                        maxBarThickness: 28,
                        borderRadius: 3,
                    },
                ],
            },
            options: {
                animation: false,
                indexAxis: horizontal ? "y" : "x",
                maintainAspectRatio: false,
                plugins: { legend: { display: false } },
                scales: horizontal ? { x: values, y: names } : { x: names, y: values },
                onClick: (_event, [hit]) => hit && this.openBar(bars[hit.index]),
                onHover: (event, hits) => {
                    event.native.target.style.cursor = hits.length ? "pointer" : "default";
                },
            },
        });
    }

    openBar(bar) {
        this.props.open(bar.figure, bar.label);
    }
}

import { Component, onMounted, onWillStart, onWillUnmount, useRef, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { usePopover } from "@web/core/popover/popover_hook";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { useThrottleForAnimation } from "@web/core/utils/timing";
import { ControlPanel } from "@web/search/control_panel/control_panel";
import { useSetupAction } from "@web/search/action_hook";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { getBadgeKinds, getWayIcons, layoutMap } from "./funnel_map_layout";
import { describeStage, describeWays, SIGNS, toSpeech } from "./funnel_map_texts";

/** What fits on a sheet of A4 in landscape, in pixels; a map is never printed smaller than one can read. */
const PAGE = { width: 1040, height: 620, smallest: 0.45 };

/** What a stage or an arrow stands for, shown while the mouse or the focus is on it. */
export class FunnelMapHint extends Component {
    static template = "sales_funnel_addon.FunnelMapHint";
    static props = { title: String, flags: Array, sections: Array, close: { type: Function, optional: true } };
}

/** Return a function that measures texts in the bold font of the names of the stages. */
function makeRuler() {
    const context = document.createElement("canvas").getContext("2d");
    context.font = `600 14px ${getComputedStyle(document.body).fontFamily}`;
    return (text) => context.measureText(text).width;
}

/** The process map of one funnel or of all: stages, ways and rules in one picture, drawn from the configuration. */
export class FunnelMap extends Component {
    static template = "sales_funnel_addon.FunnelMap";
    static components = { ControlPanel };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.signs = SIGNS;
        this.canvas = useRef("canvas");
        this.hint = usePopover(FunnelMapHint, {
            position: "bottom",
            popoverClass: "o_funnel_map_popover pe-none",
            role: "tooltip",
            setActiveElement: false,
        });
        const { context, params } = this.props.action;
        const asked = context.active_model && context.active_model !== "crm.team" ? false : context.active_id;
        this.state = useState({
            funnelId: this.props.state?.funnelId ?? Number(asked || params?.active_id || 0),
            stageId: false,
            width: window.innerWidth,
        });
        useSetupAction({ getLocalState: () => ({ funnelId: this.state.funnelId }) });
        onWillStart(() => this.load());
        this.textWidth = makeRuler();
        this.followWidth();
    }

    async load() {
        this.data = await this.orm.call("crm.team", "funnel_get_map", [[]]);
        const asked = this.state.funnelId;
        if (asked && !this.findFunnel(asked)) {
            // an archived funnel is on the map only when it is asked for
            const { funnels } = await this.orm.call("crm.team", "funnel_get_map", [[asked]]);
            this.data.funnels.push(...funnels);
            this.state.funnelId = funnels.length ? asked : 0;
        }
    }

    /** Draw the map anew whenever its place gets wider or narrower. */
    followWidth() {
        const measure = useThrottleForAnimation(() => {
            this.state.width = this.canvas.el.clientWidth;
        });
        const observer = new ResizeObserver(measure);
        onMounted(() => observer.observe(this.canvas.el));
        onWillUnmount(() => observer.disconnect());
    }

    // ------------------------------------------------------------
    // WHAT IS SHOWN
    // ------------------------------------------------------------

    getPicture() {
        const { funnelId, width } = this.state;
        const funnels = this.data.funnels.filter((funnel) => !funnelId || funnel.id === funnelId);
        return layoutMap({ ...this.data, funnels }, width, this.textWidth);
    }

    get title() {
        return this.findFunnel(this.state.funnelId)?.name || _t("All funnels");
    }

    findFunnel(funnelId) {
        return this.data.funnels.find((funnel) => funnel.id === funnelId);
    }

    /** Return the funnels that this one comes from or leads to and that are not in the picture. */
    getNeighbours(funnel) {
        if (!this.state.funnelId) {
            return [];
        }
        return this.data.crossings
            .filter(({ from_funnel_id, to_funnel_id }) => [from_funnel_id, to_funnel_id].includes(funnel.id))
            .map((crossing) =>
                crossing.from_funnel_id === funnel.id
                    ? { id: crossing.to_funnel_id, label: crossing.label, name: crossing.to_name }
                    : { id: crossing.from_funnel_id, label: _t("Comes from"), name: crossing.from_name }
            );
    }

    /** Return the signs of a stage: which, and how many of what it counts. */
    getBadges(stage) {
        return getBadgeKinds(stage).map((kind) => ({ kind, count: stage[kind].length, ...SIGNS[kind] }));
    }

    getMarks(arrow) {
        return getWayIcons(arrow.ways).map((kind) => ({ kind, ...SIGNS[kind] }));
    }

    isDashed(arrow) {
        return arrow.ways.length && arrow.ways.every((way) => way.is_conditional);
    }

    getLabel(description) {
        return toSpeech(description);
    }

    toStyle({ x, y, width, height }) {
        const size = width === undefined ? "" : `width:${width}px;`;
        return `left:${x}px;top:${y}px;${size}height:${height}px`;
    }

    getCanvasStyle({ width, height }) {
        const scale = Math.min(1, PAGE.width / width, PAGE.height / height);
        return `width:${width}px;height:${height}px;--o-funnel-map-print-scale:${Math.max(PAGE.smallest, scale)}`;
    }

    describeStage(stage, funnel) {
        return describeStage(stage, funnel);
    }

    describeWays(arrow, funnel) {
        return describeWays(arrow, funnel);
    }

    // ------------------------------------------------------------
    // WHAT PEOPLE DO
    // ------------------------------------------------------------

    showHint(event, description, stageId) {
        this.state.stageId = stageId;
        this.hint.open(event.currentTarget, description);
    }

    hideHint() {
        this.state.stageId = false;
        this.hint.close();
    }

    selectFunnel(funnelId) {
        this.hideHint();
        this.state.funnelId = funnelId;
    }

    onSelectFunnel(event) {
        this.selectFunnel(Number(event.target.value));
    }

    openStage(stage) {
        if (!this.data.can_configure) {
            return;
        }
        this.hideHint();
        return this.action.doAction({
            type: "ir.actions.act_window",
            name: _t("Stage"),
            res_model: "crm.stage",
            res_id: stage.id,
            views: [[false, "form"]],
        });
    }

    print() {
        this.hideHint();
        window.print();
    }
}

registry.category("actions").add("sales_funnel_addon.funnel_map", FunnelMap);

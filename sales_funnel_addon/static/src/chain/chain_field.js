import { Component } from "@odoo/owl";
import { deserializeDateTime, formatDate } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/** The cards of a chain in order, from the first contact on; those that the reader may see open with a click. */
export class ChainField extends Component {
    static template = "sales_funnel_addon.ChainField";
    static props = { ...standardFieldProps };

    setup() {
        this.action = useService("action");
    }

    get cards() {
        const day = (value) => formatDate(deserializeDateTime(value));
        const cards = this.props.record.data[this.props.name] || [];
        return cards.map((card, index) => ({
            ...card,
            // beside the card before it, not after it: both were handed over from the same one
            isBeside: index > 0 && card.position <= cards[index - 1].position,
            ...this.getState(card.state),
            isHere: card.id === this.props.record.resId,
            dates: card.is_readable && [card.start, card.end].filter(Boolean).map(day).join(" – "),
        }));
    }

    getState(state) {
        const states = {
            won: { icon: "fa-trophy text-success", label: _t("Won") },
            lost: { icon: "fa-ban text-danger", label: _t("Lost") },
            archived: { icon: "fa-archive o_funnel_muted", label: _t("Archived") },
        };
        return states[state] || { icon: "fa-circle-o text-primary", label: _t("Open") };
    }

    open(card) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "crm.lead",
            res_id: card.id,
            views: [[false, "form"]],
        });
    }
}

registry.category("fields").add("funnel_chain", {
    component: ChainField,
    displayName: _t("Chain of cards"),
    supportedTypes: ["json"],
});

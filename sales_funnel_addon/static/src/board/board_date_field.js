import { Component, xml } from "@odoo/owl";
import { deserializeDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { formatDateTime } from "@web/views/fields/formatters";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/** A moment among the facts that the board tells of a card, as its reader writes dates. */
export class BoardDateField extends Component {
    static template = xml`<span t-out="text"/>`;
    static props = { ...standardFieldProps, fact: String, showTime: { type: Boolean, optional: true } };
    static defaultProps = { showTime: true };

    get text() {
        const moment = this.props.record.data[this.props.name]?.[this.props.fact];
        const options = { showSeconds: false, showTime: this.props.showTime };
        return moment ? formatDateTime(deserializeDateTime(moment), options) : "";
    }
}

registry.category("fields").add("funnel_board_date", {
    component: BoardDateField,
    displayName: _t("Moment on the board"),
    supportedTypes: ["json"],
    extractProps: ({ options }) => ({ fact: options.fact, showTime: options.show_time ?? true }),
});

import { Component, useState, useSubEnv } from "@odoo/owl";
import { useOwnDebugContext } from "@web/core/debug/debug_context";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useBus, useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { View } from "@web/views/view";

/** So many rows are shown at once; all of them are one click away. */
const LIMIT = 80;

/**
 * The records of a model that belong to the lead of a form, to be read only.
 *
 * They are loaded when the tab is opened in which they stand: as a field they would be read with every form, and most
 * people look at the history of few leads.
 */
export class LeadRows extends Component {
    static template = "sales_funnel_addon.LeadRows";
    static components = { View };
    static props = { ...standardWidgetProps, model: String, view: String, title: String };

    setup() {
        this.action = useService("action");
        this.state = useState({ version: 0 });
        useOwnDebugContext(); // the developer's menu goes on to speak of the form
        useSubEnv({ config: { ...this.env.config, cache: false } }); // what is shown anew shows no old rows first
        // the form is loaded anew, because something was done: so are the rows
        useBus(this.env.bus, "MAIL:RELOAD-THREAD", ({ detail }) => {
            if (detail.model === this.props.record.resModel && detail.id === this.props.record.resId) {
                this.state.version++;
            }
        });
    }

    get key() {
        return `${this.props.record.resId}-${this.state.version}`;
    }

    /** What the list is asked for: the same object as long as the rows are, for another one would load them again. */
    get viewProps() {
        if (this.propsKey !== this.key) {
            this.propsKey = this.key;
            this.currentProps = {
                type: "list",
                views: [[false, "list"]],
                resModel: this.props.model,
                domain: this.domain,
                context: this.context,
                display: { controlPanel: false },
                allowSelectors: false,
                limit: LIMIT,
                useSampleModel: false,
            };
        }
        return this.currentProps;
    }

    get domain() {
        return [["lead_id", "=", this.props.record.resId]];
    }

    get context() {
        return { list_view_ref: this.props.view };
    }

    openAll() {
        return this.action.doAction({
            type: "ir.actions.act_window",
            name: _t("%(title)s: %(lead)s", {
                title: this.props.title,
                lead: this.props.record.data.display_name || this.props.record.data.name,
            }),
            res_model: this.props.model,
            views: [[false, "list"]],
            domain: this.domain,
            context: this.context,
        });
    }
}

registry.category("view_widgets").add("funnel_lead_rows", {
    component: LeadRows,
    extractProps: ({ attrs }) => ({ model: attrs.model, view: attrs.view, title: attrs.title }),
});

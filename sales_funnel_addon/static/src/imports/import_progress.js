import { Component, onWillUnmount, useEffect } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

/** How often the form of an import that is at work looks how far it is, in milliseconds. */
const INTERVAL = 1500;

/** Shows how far an import is, and reads the form anew as long as it is at work. */
export class ImportProgress extends Component {
    static template = "sales_funnel_addon.ImportProgress";
    static props = standardWidgetProps;

    setup() {
        this.timer = null;
        useEffect(
            (isRunning) => {
                if (isRunning) {
                    this.timer = setInterval(() => this.refresh(), INTERVAL);
                }
                return () => clearInterval(this.timer);
            },
            () => [this.props.record.data.is_running]
        );
        onWillUnmount(() => clearInterval(this.timer));
    }

    get percent() {
        return Math.floor(this.props.record.data.progress);
    }

    get isWaiting() {
        const data = this.props.record.data;
        return data.state !== "undoing" && !data.is_read;
    }

    async refresh() {
        if (this.isRefreshing || (await this.props.record.isDirty())) {
            return;
        }
        this.isRefreshing = true;
        try {
            await this.props.record.load();
        } finally {
            this.isRefreshing = false;
        }
    }
}

registry.category("view_widgets").add("funnel_import_progress", {
    component: ImportProgress,
    fieldDependencies: [
        { name: "state", type: "selection" },
        { name: "progress", type: "float" },
        { name: "is_running", type: "boolean" },
        { name: "is_read", type: "boolean" },
        { name: "row_count", type: "integer" },
        { name: "processed_count", type: "integer" },
    ],
});

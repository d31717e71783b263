import { Component, onWillStart } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { MissingFieldsForm } from "./missing_fields_form";

/**
 * A JSON field that holds answers by field name, shown as a form for the fields that are missing.
 *
 * Options: `model`, the model of the fields; `names_field`, the JSON field of this record that lists their names.
 */
export class MissingFieldsField extends Component {
    static template = "sales_funnel_addon.MissingFieldsField";
    static components = { MissingFieldsForm };
    static props = { ...standardFieldProps, model: String, namesField: String };

    setup() {
        const fieldService = useService("field");
        onWillStart(async () => {
            this.definitions = await fieldService.loadFields(this.props.model);
        });
    }

    get names() {
        return [...(this.props.record.data[this.props.namesField] || [])];
    }

    onChange(changes) {
        const answers = { ...this.props.record.data[this.props.name], ...changes };
        return this.props.record.update({ [this.props.name]: answers });
    }
}

registry.category("fields").add("funnel_missing_fields", {
    component: MissingFieldsField,
    displayName: _t("Missing fields"),
    supportedTypes: ["json"],
    extractProps: ({ options }) => ({ model: options.model, namesField: options.names_field }),
});

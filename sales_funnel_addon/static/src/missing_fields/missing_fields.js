import { Component, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { Record } from "@web/model/record";
import { Field } from "@web/views/fields/field";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/**
 * Asks for fields of another model by name, each with its usual widget, and keeps the answers as JSON.
 *
 * Options: `model`, the model of the fields; `names_field`, the JSON field of this record that lists their names.
 */
export class MissingFieldsField extends Component {
    static template = "sales_funnel_addon.MissingFieldsField";
    static components = { Field, Record };
    static props = {
        ...standardFieldProps,
        model: { type: String },
        namesField: { type: String },
    };

    setup() {
        this.fieldService = useService("field");
        this.state = useState({ definitions: null });
        this.fieldService.loadFields(this.props.model).then((definitions) => {
            this.state.definitions = definitions;
        });
    }

    get names() {
        const names = this.props.record.data[this.props.namesField] || [];
        return names.filter((name) => this.state.definitions && name in this.state.definitions);
    }

    get recordProps() {
        return {
            resModel: this.props.model,
            fieldNames: [...this.names],
            fields: this.state.definitions,
            values: Object.fromEntries(this.names.map((name) => [name, this.emptyValue(name)])),
            mode: "edit",
            hooks: { onRecordChanged: (record, changes) => this.onChange(changes) },
        };
    }

    emptyValue(name) {
        return ["one2many", "many2many"].includes(this.state.definitions[name].type) ? [] : false;
    }

    onChange(changes) {
        const answers = { ...(this.props.record.data[this.props.name] || {}), ...changes };
        return this.props.record.update({ [this.props.name]: answers });
    }
}

export const missingFieldsField = {
    component: MissingFieldsField,
    displayName: _t("Missing fields"),
    supportedTypes: ["json"],
    extractProps: ({ options }) => ({ model: options.model, namesField: options.names_field }),
};

registry.category("fields").add("funnel_missing_fields", missingFieldsField);

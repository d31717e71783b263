import { Component } from "@odoo/owl";
import { Record } from "@web/model/record";
import { extractFieldsFromArchInfo } from "@web/model/relational_model/utils";
import { FormArchParser } from "@web/views/form/form_arch_parser";
import { FormRenderer } from "@web/views/form/form_renderer";

const X2MANY = ["one2many", "many2many"];

/**
 * A form that asks for a few fields of a model, each with its label and the usual widget of its type.
 *
 * Props: `model`; `definitions`, the result of `fields_get` for at least the asked fields; `names`, the asked fields;
 * `onChange`, called with the changed values as the server takes them.
 */
export class MissingFieldsForm extends Component {
    static template = "sales_funnel_addon.MissingFieldsForm";
    static components = { FormRenderer, Record };
    static props = {
        model: String,
        definitions: Object,
        names: { type: Array, element: String },
        onChange: Function,
    };

    setup() {
        const { definitions, model, names } = this.props;
        const models = { [model]: { fields: definitions } };
        const root = this.makeArch(names, definitions);
        this.archInfo = new FormArchParser().parse(root, models, model);
        const { activeFields, fields } = extractFieldsFromArchInfo(this.archInfo, definitions);
        this.recordProps = {
            resModel: model,
            activeFields,
            fields,
            mode: "edit",
            values: Object.fromEntries(
                names.map((name) => [name, X2MANY.includes(definitions[name].type) ? [] : false])
            ),
            hooks: { onRecordChanged: (_record, changes) => this.props.onChange(changes) },
        };
    }

    makeArch(names, definitions) {
        const arch = document.implementation.createDocument(null, "form");
        const group = arch.createElement("group");
        for (const name of names) {
            const node = arch.createElement("field");
            node.setAttribute("name", name);
            node.setAttribute("required", "1");
            if (X2MANY.includes(definitions[name].type)) {
                node.setAttribute("widget", "many2many_tags");
            }
            if (typeof definitions[name].domain === "string") {
                // it speaks of other fields of the record, which are not in this form
                node.setAttribute("domain", "[]");
            }
            group.appendChild(node);
        }
        arch.documentElement.appendChild(group);
        return arch.documentElement;
    }
}

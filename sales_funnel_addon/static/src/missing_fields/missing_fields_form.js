import { Component } from "@odoo/owl";
import { Record } from "@web/model/record";
import { extractFieldsFromArchInfo } from "@web/model/relational_model/utils";
import { getPropertyFieldInfo } from "@web/views/fields/field";
import { FormArchParser } from "@web/views/form/form_arch_parser";
import { FormRenderer } from "@web/views/form/form_renderer";

const X2MANY = ["one2many", "many2many"];

/**
 * A form that asks for a few fields of a model, each with its label and the usual widget of its type.
 *
 * Props: `model`; `definitions`, the result of `fields_get` for at least the asked fields; `names`, the asked fields;
 * `required`, those of them that wear the mark of a required field, by default all; `resId`, the record whose values
 * are shown, by default they are empty; `onChange`, called with the changed values as the server takes them;
 * `onLoaded`, called with the record behind the form.
 *
 * A question of a questionnaire is asked by the name of its property, such as `lead_properties.budget`. Its definition
 * is that of the property, with `relatedPropertyField`; the record has to exist for it.
 */
export class MissingFieldsForm extends Component {
    static template = "sales_funnel_addon.MissingFieldsForm";
    static components = { FormRenderer, Record };
    static props = {
        model: String,
        definitions: Object,
        names: { type: Array, element: String },
        required: { type: Array, element: String, optional: true },
        resId: { type: Number, optional: true },
        onChange: { type: Function, optional: true },
        onLoaded: { type: Function, optional: true },
    };

    setup() {
        const { definitions, model, names, resId } = this.props;
        const models = { [model]: { fields: definitions } };
        const root = this.makeArch(names, definitions);
        this.archInfo = new FormArchParser().parse(root, models, model);
        this.adaptQuestions();
        const { activeFields, fields } = extractFieldsFromArchInfo(this.archInfo, definitions);
        for (const name of names.filter((name) => this.isQuestion(name))) {
            // the record makes them from the definition that it reads
            delete activeFields[name];
            delete fields[name];
        }
        this.recordProps = {
            resModel: model,
            activeFields,
            fields,
            mode: "edit",
            ...(resId ? { resId } : { values: this.getEmptyValues() }),
            hooks: {
                onRecordChanged: (_record, changes) => this.props.onChange?.(changes),
                onRootLoaded: (record) => this.props.onLoaded?.(record),
            },
        };
    }

    getEmptyValues() {
        const { definitions, names } = this.props;
        return Object.fromEntries(names.map((name) => [name, X2MANY.includes(definitions[name].type) ? [] : false]));
    }

    isQuestion(name) {
        return Boolean(this.props.definitions[name].relatedPropertyField);
    }

    isRequired(name) {
        return !this.props.required || this.props.required.includes(name);
    }

    makeArch(names, definitions) {
        const arch = document.implementation.createDocument(null, "form");
        const group = arch.createElement("group");
        const addField = (name, attributes) => {
            const node = arch.createElement("field");
            for (const [attribute, value] of Object.entries({ name, ...attributes })) {
                node.setAttribute(attribute, value);
            }
            group.appendChild(node);
        };
        for (const name of names) {
            const { domain, relation, string, type } = definitions[name];
            const attributes = this.isRequired(name) ? { required: "1", funnel_asked: "1" } : {};
            if (X2MANY.includes(type)) {
                attributes.widget = relation === "ir.attachment" ? "many2many_binary" : "many2many_tags";
            }
            if (typeof domain === "string") {
                // it speaks of other fields of the record, which are not in this form
                attributes.domain = "[]";
            }
            if (this.isQuestion(name)) {
                attributes.string = string;
            }
            addField(name, attributes);
        }
        const questions = names.filter((name) => this.isQuestion(name));
        for (const name of new Set(questions.map((name) => definitions[name].relatedPropertyField.name))) {
            addField(name, { invisible: "1" });
        }
        arch.documentElement.appendChild(group);
        return arch.documentElement;
    }

    /** Give the questions the widgets of properties, and ids that are safe in selectors. */
    adaptQuestions() {
        const { fieldNodes, xmlDoc } = this.archInfo;
        for (const node of xmlDoc.querySelectorAll("field")) {
            const name = node.getAttribute("name");
            if (!this.isQuestion(name)) {
                continue;
            }
            const id = node.getAttribute("field_id");
            const safeId = id.replaceAll(".", "_");
            node.setAttribute("field_id", safeId);
            fieldNodes[safeId] = {
                ...fieldNodes[id],
                ...getPropertyFieldInfo(this.props.definitions[name]),
                attrs: fieldNodes[id].attrs,
                required: this.isRequired(name) ? "True" : "False",
            };
            delete fieldNodes[id];
        }
    }
}

import { Component } from "@odoo/owl";
import { CheckBox } from "@web/core/checkbox/checkbox";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/**
 * A JSON list of names of questions, shown as checkboxes.
 *
 * Option: `questions_field`, the JSON field of this record with what can be chosen, as `[{name, string}]`.
 */
export class QuestionsField extends Component {
    static template = "sales_funnel_addon.QuestionsField";
    static components = { CheckBox };
    static props = { ...standardFieldProps, questionsField: String };

    get names() {
        return this.props.record.data[this.props.name] || [];
    }

    get questions() {
        return this.props.record.data[this.props.questionsField] || [];
    }

    /** Names keep the order of the questions; a question that is gone from the questionnaire goes from the list. */
    onChange(name, isChosen) {
        const chosen = new Set(this.names);
        chosen[isChosen ? "add" : "delete"](name);
        const names = this.questions.map((question) => question.name).filter((known) => chosen.has(known));
        return this.props.record.update({ [this.props.name]: names.length ? names : false });
    }
}

registry.category("fields").add("funnel_questions", {
    component: QuestionsField,
    displayName: _t("Questions"),
    supportedTypes: ["json"],
    supportedOptions: [{ label: _t("Field with the questions"), name: "questions_field", type: "string" }],
    fieldDependencies: ({ options }) => [{ name: options.questions_field || "available_questions", type: "json" }],
    extractProps: ({ options }) => ({ questionsField: options.questions_field || "available_questions" }),
});

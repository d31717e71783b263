import { evaluateBooleanExpr } from "@web/core/py_js/py";
import { patch } from "@web/core/utils/patch";
import { Field } from "@web/views/fields/field";
import { FormLabel } from "@web/views/form/form_label";

/**
 * Fields that the stage asks for wear the usual mark of a required field and an asterisk at their label. Those asked
 * for before the lead moves on wear it too, yet they keep nobody from saving meanwhile.
 */
function isAskedFor({ fieldInfo, record }) {
    const expression = fieldInfo?.attrs?.funnel_asked;
    return Boolean(expression) && evaluateBooleanExpr(expression, record.evalContextWithVirtualIds);
}

patch(Field.prototype, {
    get classNames() {
        const classNames = super.classNames;
        classNames.o_required_modifier ||= isAskedFor(this.props);
        return classNames;
    },
});

patch(FormLabel.prototype, {
    get className() {
        return isAskedFor(this.props) ? `${super.className} o_funnel_asked` : super.className;
    },
});

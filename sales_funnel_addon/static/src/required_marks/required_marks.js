import { evaluateBooleanExpr } from "@web/core/py_js/py";
import { patch } from "@web/core/utils/patch";
import { Field } from "@web/views/fields/field";

/**
 * A field that the stage asks for before the lead moves on wears the usual mark of a required field. Unlike one that
 * is required to be in the stage, it does not keep anybody from saving meanwhile.
 */
patch(Field.prototype, {
    get classNames() {
        const classNames = super.classNames;
        const asked = this.props.fieldInfo?.attrs?.funnel_asked;
        if (asked && !classNames.o_required_modifier) {
            classNames.o_required_modifier = evaluateBooleanExpr(asked, this.props.record.evalContextWithVirtualIds);
        }
        return classNames;
    },
});

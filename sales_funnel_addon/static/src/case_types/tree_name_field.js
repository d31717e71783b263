import { registry } from "@web/core/registry";
import { CharField, charField } from "@web/views/fields/char/char_field";

/** The name of a node of a tree, set in by its depth; the record says how deep in its field `depth`. */
export class TreeNameField extends CharField {
    static template = "sales_funnel_addon.TreeNameField";

    get indent() {
        return `padding-inline-start: ${(this.props.record.data.depth || 0) * 1.75}rem`;
    }
}

registry.category("fields").add("funnel_tree_name", {
    ...charField,
    component: TreeNameField,
    fieldDependencies: [{ name: "depth", type: "integer", readonly: true }],
});

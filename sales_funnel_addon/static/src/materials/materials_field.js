import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/** Files to open or to download, one line each; nothing is uploaded here. */
export class MaterialsField extends Component {
    static template = "sales_funnel_addon.MaterialsField";
    static props = { ...standardFieldProps };

    get files() {
        return this.props.record.data[this.props.name].records.map((record) => ({
            id: record.resId,
            name: record.data.name,
            url: `/web/content/${record.resId}`,
        }));
    }

    getDownloadLabel(file) {
        return _t("Download %s", file.name);
    }
}

registry.category("fields").add("funnel_materials", {
    component: MaterialsField,
    displayName: _t("Files to open"),
    supportedTypes: ["many2many"],
    relatedFields: [{ name: "name", type: "char" }],
});

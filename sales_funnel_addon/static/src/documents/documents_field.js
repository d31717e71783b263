import { Component, useState } from "@odoo/owl";
import { FileInput } from "@web/core/file_input/file_input";
import { FileModel } from "@web/core/file_viewer/file_model";
import { useFileViewer } from "@web/core/file_viewer/file_viewer_hook";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useFileUploader } from "@web/core/utils/files";
import { useService } from "@web/core/utils/hooks";
import { formatDateTime } from "@web/views/fields/formatters";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/** What is read of each document; the names are fields of `funnel.document`. */
const RELATED_FIELDS = [
    { name: "name", type: "char" },
    { name: "mimetype", type: "char" },
    { name: "attachment_id", type: "many2one", relation: "ir.attachment" },
    { name: "kind_id", type: "many2one", relation: "funnel.document.kind" },
    { name: "version", type: "integer" },
    { name: "is_latest", type: "boolean" },
    { name: "note", type: "char" },
    { name: "user_id", type: "many2one", relation: "res.users" },
    { name: "date", type: "datetime" },
];

/**
 * The documents of a lead by their kind, the newest first; files are added by button or dropped on a kind.
 *
 * The field is never written: files go to the server, which counts the versions, and the form shows what came of it.
 */
export class DocumentsField extends Component {
    static template = "sales_funnel_addon.DocumentsField";
    static components = { FileInput };
    static props = { ...standardFieldProps };

    setup() {
        this.orm = useService("orm");
        this.notification = useService("notification");
        this.uploadFiles = useFileUploader();
        this.viewer = useFileViewer();
        this.state = useState({ isBusy: false, over: false });
    }

    get documents() {
        return this.props.record.data[this.props.name].records.map(({ resId, data }) => {
            const { id } = data.attachment_id;
            const file = Object.assign(new FileModel(), { id, name: data.name, mimetype: data.mimetype || "" });
            return { ...data, id: resId, file, when: formatDateTime(data.date, { showSeconds: false }) };
        });
    }

    /** The kinds that the funnel knows, and those of which the lead has documents from elsewhere. */
    get kinds() {
        const known = this.props.record.data.funnel_document_kinds || [];
        const ids = new Set(known.map((kind) => kind.id));
        const documents = this.documents;
        const others = new Map();
        for (const { kind_id: kind } of documents) {
            if (!ids.has(kind.id)) {
                others.set(kind.id, { id: kind.id, name: kind.display_name, isClosed: true });
            }
        }
        return [...known, ...others.values()].map((kind) => {
            const own = documents.filter((document) => document.kind_id.id === kind.id);
            return {
                ...kind,
                canUpload: this.canUpload && !kind.isClosed,
                latest: own.filter((document) => document.is_latest),
                earlier: own.filter((document) => !document.is_latest),
            };
        });
    }

    get canUpload() {
        return this.props.record.data.funnel_can_change;
    }

    getEarlierLabel(kind) {
        return _t("Earlier versions (%s)", kind.earlier.length);
    }

    getUploadLabel(kind) {
        return _t("Add files: %s", kind.name);
    }

    getDownloadLabel(document) {
        return _t("Download %s", document.name);
    }

    open(document) {
        if (document.file.isViewable) {
            const files = this.documents.map((item) => (item.id === document.id ? document.file : item.file));
            this.viewer.open(document.file, files);
        } else {
            window.location = document.file.downloadUrl;
        }
    }

    onDragOver(kind, ev) {
        if (kind.canUpload && !this.state.isBusy && ev.dataTransfer.types.includes("Files")) {
            ev.preventDefault();
            this.state.over = kind.id;
        }
    }

    onDragLeave(ev) {
        if (!ev.currentTarget.contains(ev.relatedTarget)) {
            this.state.over = false;
        }
    }

    async onDrop(kind, ev) {
        this.state.over = false;
        const files = [...ev.dataTransfer.files];
        if (!kind.canUpload || this.state.isBusy || !files.length) {
            return;
        }
        ev.preventDefault();
        const { resModel, resId } = this.props.record;
        const params = { csrf_token: odoo.csrf_token, model: resModel, id: resId, ufile: files };
        const uploaded = await this.uploadFiles("/web/binary/upload_attachment", params);
        if (uploaded) {
            await this.add(kind, uploaded);
        }
    }

    /**
     * Make documents of the files that were uploaded to the lead.
     *
     * @param {Object} kind
     * @param {Object[]} files what the upload says of each file: its `id`, or an `error`
     */
    async add(kind, files) {
        const failed = files.filter((file) => file.error);
        if (failed.length) {
            const messages = [...new Set(failed.map((file) => file.error))];
            this.notification.add(messages.join("\n"), { type: "danger" });
        }
        const { record } = this.props;
        const values = files
            .filter((file) => !file.error)
            .map((file) => ({ lead_id: record.resId, kind_id: kind.id, attachment_id: file.id }));
        if (!values.length) {
            return;
        }
        this.state.isBusy = true;
        try {
            await this.orm.create("funnel.document", values);
            // what was typed in meanwhile stays; without it the form is shown anew
            if ((await record.isDirty()) && !(await record.save())) {
                return;
            }
            await record.model.load();
        } finally {
            this.state.isBusy = false;
        }
    }

    async writeNote(document, ev) {
        const note = ev.target.value.trim();
        if (note !== (document.note || "")) {
            await this.orm.write("funnel.document", [document.id], { note });
        }
    }
}

registry.category("fields").add("funnel_documents", {
    component: DocumentsField,
    displayName: _t("Documents by kind"),
    supportedTypes: ["one2many"],
    relatedFields: RELATED_FIELDS,
    fieldDependencies: [
        { name: "funnel_can_change", type: "boolean" },
        { name: "funnel_document_kinds", type: "json" },
    ],
});

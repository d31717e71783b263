import { Component, status, useEffect, useRef, useState } from "@odoo/owl";
import { Dialog } from "@web/core/dialog/dialog";
import { _t } from "@web/core/l10n/translation";
import { RPCError } from "@web/core/network/rpc";
import { useFileUploader } from "@web/core/utils/files";
import { useService } from "@web/core/utils/hooks";
import { MissingFieldsForm } from "../missing_fields/missing_fields_form";
import { ChosenFiles } from "./chosen_files";
import {
    getDocumentCommands,
    getDoneCommands,
    getFormFields,
    getRequestable,
    getRequestCommands,
    isWaiting,
    takesFiles,
} from "./move_values";

/** A file that the server does not take. */
class UploadError extends Error {}

/**
 * What stands between a lead and a stage, and how to get there: what is missing can be filled in, ticked, attached,
 * asked for or overridden right here.
 *
 * Props: `verdict`, the answer of `funnel_check_move`; `check(stageId)`, asks for another; `move(stageId, values)`,
 * writes the stage together with the values; `save(values)`, writes them without moving, and `keep(values)` before moving;
 * `override(stageId, reason, values)`, moves against the rules. What the server refuses is shown in the dialog, with
 * all that was typed still in it.
 */
export class MoveDialog extends Component {
    static template = "sales_funnel_addon.MoveDialog";
    static components = { ChosenFiles, Dialog, MissingFieldsForm };
    static props = {
        close: Function,
        verdict: Object,
        check: Function,
        keep: Function,
        move: Function,
        save: Function,
        override: Function,
    };

    setup() {
        this.notification = useService("notification");
        this.uploadFiles = useFileUploader();
        this.takesFiles = takesFiles;
        this.errorRef = useRef("error");
        this.overrideRef = useRef("override");
        this.attempt = 0;
        this.state = useState({ busy: false, error: "", ...this.getFreshState(this.props.verdict) });
        useEffect(
            (error) => error && this.errorRef.el.focus(),
            () => [this.state.error]
        );
        useEffect(
            (isOpen) => isOpen && this.overrideRef.el?.focus(),
            () => [this.state.isOverriding]
        );
    }

    getFreshState(verdict) {
        this.form = null;
        this.formFields = getFormFields(verdict);
        this.attempt += 1;
        const { attempt } = this;
        return { attempt, verdict, ticked: {}, files: {}, reason: "", isOverriding: false, overrideReason: "" };
    }

    // ------------------------------------------------------------
    // What is shown
    // ------------------------------------------------------------

    get verdict() {
        return this.state.verdict;
    }

    get isForbidden() {
        return this.verdict.status === "forbidden";
    }

    get title() {
        const { name } = this.verdict.stage;
        return this.isForbidden ? _t("Cannot move to “%s”", name) : _t("Move to “%s”", name);
    }

    /** What has to be said beside the fields: what no field can fix, and what their labels do not tell. */
    get messages() {
        return this.verdict.requirements.filter((requirement) => !requirement.speaks_for_itself);
    }

    get canMove() {
        return !this.isForbidden && !isWaiting(this.verdict);
    }

    /** Where a lead may go can depend on what is missing: that is filled in first, and then it tries again. */
    get canTryAgain() {
        return this.isForbidden && !this.verdict.allowed_stages.length && this.formFields.names.length > 0;
    }

    get canRequest() {
        return !this.isForbidden && getRequestable(this.verdict).length > 0;
    }

    /** Keeping what was filled in is offered when moving may have to wait for something outside this dialog. */
    get canOnlySave() {
        const { requirements } = this.verdict;
        return (
            !this.isForbidden &&
            !this.canRequest &&
            (!this.canMove || requirements.some((requirement) => !requirement.field_names.length))
        );
    }

    getPeople({ role, people, stage }) {
        const who = [role, people.join(", ")].filter(Boolean).join(": ");
        const where = stage === this.verdict.from_stage.name ? "" : stage;
        return [where, who].filter(Boolean).join(" · ");
    }

    getApprovalBadge({ state }) {
        if (state === "requested") {
            return { label: _t("Waiting"), color: "text-bg-warning" };
        }
        if (state === "refused") {
            return { label: _t("Refused"), color: "text-bg-danger" };
        }
        return { label: _t("Not asked yet"), color: "text-bg-secondary" };
    }

    // ------------------------------------------------------------
    // What is done
    // ------------------------------------------------------------

    /** Everything here is missing; the fields are not marked as wrong before anybody has tried to fill them in. */
    async onFormLoaded(record) {
        this.form = record;
        for (const name of this.formFields.required) {
            await record.resetFieldValidity(name);
        }
    }

    /** Upload what was chosen; what has been uploaded in an earlier attempt is not uploaded again. */
    async upload() {
        for (const files of Object.values(this.state.files)) {
            const waiting = files.filter((file) => !file.id);
            if (!waiting.length) {
                continue;
            }
            const uploaded = await this.uploadFiles("/web/binary/upload_attachment", {
                csrf_token: odoo.csrf_token,
                model: "crm.lead",
                id: this.verdict.lead.id,
                ufile: waiting.map(({ file }) => file),
            });
            if (!uploaded) {
                throw new UploadError(_t("A file is too large."));
            }
            uploaded.forEach(({ id }, index) => (waiting[index].id = id));
            const failed = uploaded.find(({ error }) => error);
            if (failed) {
                throw new UploadError(failed.error);
            }
        }
    }

    /** Return what was filled in, ticked and attached, as the server takes it. */
    async getValues(requested = []) {
        const values = this.form ? await this.form.getChanges() : {};
        const commands = [
            ...getDoneCommands(this.verdict, this.state.ticked),
            ...getRequestCommands(requested),
        ];
        await this.upload();
        const documents = getDocumentCommands(this.verdict.requirements, this.state.files);
        return {
            ...values,
            ...(commands.length && { funnel_task_ids: commands }),
            ...(documents.length && { funnel_document_ids: documents }),
        };
    }

    /** Write what was filled in, if anything was. */
    async writeValues(write) {
        const values = await this.getValues();
        if (Object.keys(values).length) {
            await write(values);
        }
    }

    async onSaveAndMove() {
        await this.run(async () => {
            if (this.form && !(await this.form.checkValidity())) {
                this.state.error = _t("Fill in what is marked first.");
                return;
            }
            const values = await this.getValues();
            const reason = this.verdict.reason_required ? { funnel_move_reason: this.state.reason.trim() } : {};
            await this.props.move(this.verdict.stage.id, { ...values, ...reason });
            this.props.close();
        });
    }

    async onRequest() {
        await this.run(async () => {
            const requested = getRequestable(this.verdict);
            await this.props.save(await this.getValues(requested));
            this.notification.add(_t("Approval requested: %s", requested.map(({ name }) => name).join(", ")), {
                type: "success",
            });
            this.props.close();
        });
    }

    async onOnlySave() {
        await this.run(async () => {
            await this.writeValues(this.props.save);
            this.props.close();
        });
    }

    async onOverride() {
        const reason = this.state.overrideReason.trim();
        await this.run(async () => {
            if (!reason) {
                this.state.error = _t("Write the reason for the override: it is kept in the log.");
                return;
            }
            await this.props.override(this.verdict.stage.id, reason, await this.getValues());
            this.props.close();
        });
    }

    async onTryAgain() {
        await this.run(async () => {
            await this.writeValues(this.props.keep);
            await this.tryStage(this.verdict.stage.id);
        });
    }

    async onSelectStage(stageId) {
        await this.run(() => this.tryStage(stageId));
    }

    /** Go to a stage; what stands between the lead and that one is shown here again. */
    async tryStage(stageId) {
        const verdict = await this.props.check(stageId);
        if (verdict.status === "ok") {
            await this.props.move(stageId, {});
            this.props.close();
        } else {
            Object.assign(this.state, this.getFreshState(verdict));
        }
    }

    /** Run one action at a time; a refusal of the server is shown, and nothing is lost. */
    async run(action) {
        if (this.state.busy) {
            return;
        }
        Object.assign(this.state, { busy: true, error: "" });
        try {
            await action();
        } catch (error) {
            if (!(error instanceof RPCError || error instanceof UploadError) || status(this) === "destroyed") {
                throw error;
            }
            this.state.error = error.data?.message || error.message;
        } finally {
            this.state.busy = false;
        }
    }
}

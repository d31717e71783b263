/** What the dialog writes: pure functions of the verdict and of what was ticked in it. */

const taskCommand = ({ id, template_id }, state) =>
    id ? [1, id, { state }] : [0, 0, { template_id, state }];

/**
 * Return the commands that do the ticked tasks and give the ticked approvals.
 *
 * @param {Object} verdict of `funnel_check_move`
 * @param {Object} ticked true by the id of the template
 */
export function getDoneCommands({ tasks, approvals }, ticked) {
    const commands = tasks.filter((task) => ticked[task.template_id]).map((task) => taskCommand(task, "done"));
    for (const approval of approvals.filter((task) => ticked[task.template_id])) {
        if (approval.state === "cancelled") {
            // nobody can decide what nobody asks for any more
            commands.push(taskCommand(approval, "requested"));
        }
        commands.push(taskCommand(approval, "approved"));
    }
    return commands;
}

/**
 * Return the approvals that somebody else still has to be asked for, also again after a refusal: those of the present
 * stage, or those of skipped ones when nothing else is left to do before.
 */
export function getRequestable({ approvals, from_stage, tasks }) {
    const open = approvals.filter((approval) => !approval.can_do && approval.state !== "requested");
    const here = open.filter((approval) => approval.stage === from_stage.name);
    return here.length || tasks.length ? here : open;
}

/** Return the commands that ask for approvals. */
export function getRequestCommands(approvals) {
    return approvals.map((approval) => taskCommand(approval, "requested"));
}

/** Tell whether the lead has to wait for other people before it can move. */
export function isWaiting({ tasks, approvals }) {
    return [...tasks, ...approvals].some((task) => !task.can_do);
}

/**
 * Return what a form has to know about the missing fields: their definitions by name, with each question of the
 * questionnaire as a field of its own, the names in order, and those that have to be filled in.
 */
export function getFormFields({ missing_fields, requirements }) {
    const definitions = {};
    const names = [];
    for (const field of missing_fields) {
        definitions[field.name] = field;
        if (!field.questions) {
            names.push(field.name);
            continue;
        }
        for (const question of field.definitions) {
            const name = `${field.name}.${question.name}`;
            names.push(name);
            definitions[name] = {
                ...question,
                name,
                relation: question.comodel,
                relatedPropertyField: { name: field.name },
            };
        }
    }
    const required = requirements
        .filter((requirement) => requirement.kind !== "condition" && !requirement.any_field)
        .flatMap((requirement) => requirement.field_names);
    return { definitions, names, required: names.filter((name) => required.includes(name)) };
}

/**
 * Tell whether files can be added for a requirement right where it is told; what is attached in a field is filled in
 * like any other field.
 */
export function takesFiles({ kind, field_names }) {
    return kind === "attachments" && !field_names.length;
}

/**
 * Return the commands that make documents of uploaded files; files that may be of any kind are only attached.
 *
 * @param {Object[]} requirements of the verdict
 * @param {Object} files lists of chosen files by the id of the requirement, each with the `id` of its attachment
 */
export function getDocumentCommands(requirements, files) {
    return requirements
        .filter((requirement) => requirement.document_kind_id)
        .flatMap(({ id, document_kind_id: kind_id }) =>
            (files[id] || []).map((file) => [0, 0, { kind_id, attachment_id: file.id }])
        );
}

import { _t } from "@web/core/l10n/translation";

/** What the signs on the map look like, and what they mean; the legend shows them in this order. */
export const SIGNS = {
    enter: { icon: "fa-sign-in", label: _t("Required to enter") },
    leave: { icon: "fa-sign-out", label: _t("Required to move on") },
    keep: { icon: "fa-thumb-tack", label: _t("Stays as entered") },
    tasks: { icon: "fa-check-square-o", label: _t("Tasks") },
    approvals: { icon: "fa-thumbs-o-up", label: _t("Approvals") },
    reminders: { icon: "fa-bell-o", label: _t("If nobody acts") },
    is_irreversible: { icon: "fa-flag", label: _t("Point of no return") },
    is_side_stage: { icon: "fa-pause", label: _t("Beside the road: free to come here") },
    is_won: { icon: "fa-trophy", label: _t("Won") },
    condition: { icon: "fa-filter", label: _t("Only under a condition") },
    role: { icon: "fa-lock", label: _t("Only for some roles") },
    reason: { icon: "fa-commenting-o", label: _t("Asks for a reason") },
};

/**
 * @typedef {{title: string, items: {text: string, note: string}[]}} Section a heading with lines below it
 */

/**
 * Describe a stage for its hint.
 *
 * @param {Object} stage a stage of the map
 * @param {Object} funnel its funnel
 * @returns {{title: string, sections: Section[]}}
 */
export function describeStage(stage, funnel) {
    const names = Object.fromEntries(funnel.stages.map(({ id, name }) => [id, name]));
    const targets = funnel.transitions.filter((way) => way.from_stage_id === stage.id).map((way) => way.to_stage_id);
    const sections = [
        { title: SIGNS.enter.label, items: stage.enter.map(describeRequirement) },
        { title: SIGNS.leave.label, items: stage.leave.map(describeRequirement) },
        { title: SIGNS.keep.label, items: stage.keep.map(describeRequirement) },
        { title: SIGNS.tasks.label, items: stage.tasks.map(describeTask) },
        { title: SIGNS.approvals.label, items: stage.approvals.map(describeTask) },
        { title: SIGNS.reminders.label, items: stage.reminders.map(describeReminder) },
        {
            title: _t("Goes only to"),
            items: stage.is_free ? [] : [...new Set(targets)].map((id) => ({ text: names[id], note: "" })),
        },
    ];
    return { title: stage.name, flags: getFlags(stage, funnel), sections: sections.filter(({ items }) => items.length) };
}

/**
 * Describe the transitions from one stage to another for the hint of their arrow.
 *
 * @param {Object} arrow an arrow of the layout
 * @param {Object} funnel its funnel
 * @returns {{title: string, flags: string[], sections: Section[]}}
 */
export function describeWays(arrow, funnel) {
    const name = (id) => funnel.stages.find((stage) => stage.id === id).name;
    const items = (pick) => [...new Set(arrow.ways.flatMap(pick))].map((text) => ({ text, note: "" }));
    const reason = arrow.ways.some((way) => way.reason_required);
    const sections = [
        {
            title: _t("Under a condition; otherwise people are told"),
            items: items((way) => (way.is_conditional ? [way.message] : [])),
        },
        { title: _t("Only by"), items: items((way) => way.roles) },
    ];
    return {
        title: `${name(arrow.from)} → ${name(arrow.to)}`,
        flags: reason ? [SIGNS.reason.label] : [],
        sections: sections.filter((section) => section.items.length),
    };
}

/**
 * Put a description into one sentence for people who hear the map.
 *
 * @param {{title: string, flags: string[], sections: Section[]}} description
 * @returns {string}
 */
export function toSpeech({ title, flags, sections }) {
    const parts = sections.map((section) => `${section.title}: ${section.items.map((item) => item.text).join(", ")}`);
    return [title, ...flags, ...parts].join(". ");
}

function getFlags(stage, funnel) {
    const flags = ["is_won", "is_irreversible", "is_side_stage"].filter((name) => stage[name]).map((name) => SIGNS[name].label);
    if (funnel.kind === "deferred") {
        flags.push(_t("The date of the next contact decides which deals stand here"));
    } else if (stage.is_free && !stage.is_won) {
        flags.push(_t("Free to all stages of the funnel"));
    } else if (!stage.is_free && !funnel.transitions.some((way) => way.from_stage_id === stage.id)) {
        flags.push(_t("No way leads on from here in this funnel"));
    }
    return flags.map(String);
}

function describeRequirement({ text, for_some }) {
    return { text, note: for_some ? _t("for some") : "" };
}

function describeReminder({ name, roles, for_some }) {
    return { text: name, note: [roles.join(", "), for_some ? _t("for some") : ""].filter(Boolean).join("; ") };
}

function describeTask({ name, role, mandatory, for_some }) {
    const notes = [role, mandatory ? "" : _t("optional"), for_some ? _t("for some") : ""];
    return { text: name, note: notes.filter(Boolean).join(", ") };
}

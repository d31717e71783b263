from odoo import models


class FunnelLossMixin(models.AbstractModel):
    """Losing a lead of a funnel: a reason of that funnel, a comment and fields where the reason asks for them."""

    _name = "funnel.loss.mixin"
    _description = "Loss of a Lead"

    def action_set_lost(self, **additional_values):
        """Lose the leads of funnels in one write: stock Odoo takes two, and the gate would judge the half of it."""
        in_funnel = self.filtered("team_id.funnel_kind")
        if in_funnel:
            in_funnel.write({**additional_values, "active": False, "probability": 0, "automated_probability": 0})
        return super().action_set_lost(**additional_values)

    def _check_losses(self, before, after, refusals):
        """Refuse to lose a lead without what its reason asks for.

        :param dict before: the states before the write, by lead id
        :param dict after: the states after it
        :param dict refusals: lines of text by lead id, extended here
        """
        rules = self.env["crm.team"]._get_funnel_rules()
        for lead in self.browse(
            lead_id for lead_id, state in after.items() if state.funnel_id and state.won_status == "lost"
        ):
            reason = rules.reasons.get(lead.lost_reason_id.id)
            if not lead.lost_reason_id:
                refusals[lead.id].append(self.env._("A lost reason is needed."))
            elif not reason or after[lead.id].funnel_id not in reason.funnel_ids:
                refusals[lead.id].append(
                    self.env._(
                        "“%(reason)s” is not a lost reason of the funnel “%(funnel)s”.",
                        reason=lead.lost_reason_id.name,
                        funnel=lead.team_id.name,
                    )
                )
            else:
                refusals[lead.id].extend(lead._describe_missing_for_loss(reason))
            if not refusals[lead.id]:
                del refusals[lead.id]

    def _describe_missing_for_loss(self, reason):
        """Return what this lead lacks for a lost reason, as lines of text."""
        lines = []
        if reason.comment_required and not (self.lost_comment or "").strip():
            lines.append(self.env._("The reason “%s” needs a comment.", self.lost_reason_id.name))
        missing = self._get_missing_fields(reason.field_names)
        if missing:
            labels = self._get_field_labels(missing)
            lines.append(self.env._("Fill in: %s", ", ".join(labels[name] for name in missing)))
        return lines

    def _get_loss_summary(self):
        """Return reason and comment of the loss, for the log."""
        return " — ".join(filter(None, (self.lost_reason_id.name, self.lost_comment)))

    def _prepare_loss_values(self, vals):
        """A comment goes with its reason: when the reason is cleared, so is the comment."""
        if "lost_reason_id" in vals and not vals["lost_reason_id"] and "lost_comment" not in vals:
            return dict(vals, lost_comment=False)
        return vals

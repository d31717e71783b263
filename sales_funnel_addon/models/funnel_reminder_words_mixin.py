from odoo import api, fields, models


class FunnelReminderWordsMixin(models.AbstractModel):
    """A reminder in words: when it falls due and what it does, for the lists in which it stands."""

    _name = "funnel.reminder.words.mixin"
    _description = "Reminders in Words"

    when_summary = fields.Char("When", compute="_compute_when_summary")
    what_summary = fields.Char("What Happens", compute="_compute_what_summary")

    @api.depends(lambda self: self._get_when_fields())
    @api.depends_context("lang")
    def _compute_when_summary(self):
        for reminder in self:
            parts = [reminder._describe_offset(), reminder._describe_time_of_day(), reminder._describe_repetition()]
            reminder.when_summary = ", ".join(filter(None, parts))

    @api.model
    def _get_when_fields(self):
        names = [name for name in self._fields if name.startswith("deadline_")]
        return [*names, "repeat_amount", "repeat_unit", "repeat_times"]

    def _describe_offset(self):
        """Return how long before or after what."""
        if self.deadline_anchor == "field":
            return self._describe_offset_from_date()
        anchors = dict(self._fields["deadline_anchor"]._description_selection(self.env))
        anchor = anchors.get(self.deadline_anchor, "")
        anchor = anchor[:1].lower() + anchor[1:]
        if self.deadline_amount:
            return f"{self._describe_amount(self.deadline_amount, self.deadline_unit)} {anchor}"
        if self.deadline_day_end or self.deadline_has_clock:
            return self.env._("The same day %s", anchor)
        return self.env._("At once %s", anchor)

    def _describe_offset_from_date(self):
        date = self.deadline_field_id.sudo().field_description or ""
        if not self.deadline_amount:
            return date
        amount = self._describe_amount(abs(self.deadline_amount), self.deadline_unit)
        if self.deadline_amount < 0:
            return self.env._("%(amount)s before “%(date)s”", amount=amount, date=date)
        return self.env._("%(amount)s after “%(date)s”", amount=amount, date=date)

    def _describe_amount(self, amount, unit):
        """Return an amount of time, such as "10 working min"."""
        units = {
            ("minutes", False): self.env._("min"),
            ("hours", False): self.env._("h"),
            ("days", False): self.env._("d"),
            ("minutes", True): self.env._("working min"),
            ("hours", True): self.env._("working h"),
            ("days", True): self.env._("working d"),
        }
        return f"{amount} {units[unit, self.deadline_working]}".replace("-", "−")

    def _describe_time_of_day(self):
        if self.deadline_day_end:
            return self.env._("at the end of the working day")
        if not self.deadline_has_clock:
            return ""
        minutes = round(self.deadline_clock * 60)
        return self.env._("at %s", f"{minutes // 60}:{minutes % 60:02}")

    def _describe_repetition(self):
        if not self.repeat_amount:
            return ""
        rhythm = self._describe_amount(self.repeat_amount, self.repeat_unit)
        if self.repeat_times:
            return self.env._("again every %(rhythm)s, %(times)s times in all", rhythm=rhythm, times=self.repeat_times)
        return self.env._("again every %s", rhythm)

    @api.depends("role_ids.name", "activity_type_id.name", "activity_role_id.name", "move_stage_id.name")
    @api.depends_context("lang")
    def _compute_what_summary(self):
        for reminder in self:
            told = [self.env._("Tell: %s", ", ".join(reminder.role_ids.mapped("name")))] if reminder.role_ids else []
            reminder.what_summary = " · ".join([*told, *reminder._describe_effects()])

    def _describe_effects(self):
        """Return what this reminder does besides telling people, as lines of text."""
        reminder = self.sudo()  # whoever sees the lead may know what was done to it
        parts = []
        if reminder.activity_type_id:
            who = reminder.activity_role_id.name or self.env._("the salesperson")
            parts.append(self.env._("%(activity)s for %(who)s", activity=reminder.activity_type_id.name, who=who))
        if reminder.move_stage_id:
            parts.append(self.env._("Move to “%s”", reminder.move_stage_id.name))
        if reminder.channel_ids:
            parts.append(self.env._("Post in %s", ", ".join(reminder.channel_ids.mapped("name"))))
        if reminder.server_action_id:
            parts.append(self.env._("Run “%s”", reminder.server_action_id.name))
        return parts

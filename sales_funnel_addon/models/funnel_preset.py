import io
from collections import Counter

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import convert_xml_import, file_open

from ..tools import preset_xml
from ..tools.checklists import TemplateBatch


class FunnelPreset(models.Model):
    """A ready-made set of funnels that can be loaded into this database."""

    _name = "funnel.preset"
    _description = "Funnel Preset"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    description = fields.Text(translate=True)
    code = fields.Char(required=True, readonly=True, help="The file below data/presets that holds the preset.")
    loaded_date = fields.Datetime("Loaded On", readonly=True)
    loaded_ids = fields.Json(
        readonly=True, help="The records that were loaded once: they are never loaded again, even when deleted since."
    )

    loaded_summary = fields.Text("What was loaded", compute="_compute_loaded_summary")

    _unique_code = models.Constraint("UNIQUE (code)", "There is one preset for each file.")

    @api.depends("loaded_ids")
    @api.depends_context("lang")
    def _compute_loaded_summary(self):
        """Say how much of what the preset has brought is still there: "Stage: 10, Stage Task: 11"."""
        names = {name for preset in self for name in preset.loaded_ids or ()}
        domain = [("module", "=", "sales_funnel_addon"), ("name", "in", list(names))]
        # whoever sees the presets may know how much is in them
        models_by_name = dict(self.env["ir.model.data"].sudo()._read_group(domain, ["name", "model"]))
        models_found = self.env["ir.model"].sudo().search([("model", "in", list(set(models_by_name.values())))])
        present = {model.model: model.name for model in models_found}
        for preset in self:
            found = [models_by_name[name] for name in preset.loaded_ids or () if name in models_by_name]
            counts = Counter(present[model] for model in found if model in present)
            preset.loaded_summary = ", ".join(f"{name}: {count}" for name, count in counts.items())

    def action_load(self):
        """Load the presets into this database.

        Loading again adds what a newer version of the preset has in addition; it neither changes nor restores anything
        that was loaded before.

        :raises AccessError: when the user is no funnel manager
        """
        if not (self.env.su or self.env.user.has_group("sales_funnel_addon.group_funnel_manager")):
            raise AccessError(self.env._("Only a funnel manager can load a preset."))
        for preset in self:
            preset._load()
        # New records come in English; the translations of the addon know their Russian names.
        languages = [code for code, _name in self.env["res.lang"].get_installed() if code != "en_US"]
        if languages:
            self.env["ir.module.module"].sudo()._load_module_terms(["sales_funnel_addon"], languages)
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def _load(self, module=None):
        # Whoever loads it at the same moment waits here and is made to begin anew, before there is anything to undo.
        self.sudo().loaded_date = fields.Datetime.now()
        self.flush_recordset(["loaded_date"])
        with file_open(f"sales_funnel_addon/data/presets/{self.code}.xml", "rb") as file:
            source = file.read()
        loaded = set(self.loaded_ids or ())
        existing = self._get_existing(preset_xml.foreign_references(source))
        remaining = preset_xml.without_records(source, loaded, existing, module)
        stream = io.BytesIO(remaining)
        stream.name = f"data/presets/{self.code}.xml"
        # A preset holds records of many models that its reader may not create one by one, such as menu entries.
        # What the admin has archived is still there to be referred to.
        loader = self.sudo().with_context(lang=None, install_mode=True, active_test=False)
        batch = TemplateBatch()
        env = loader.with_context(funnel_template_batch=batch).env
        convert_xml_import(env, "sales_funnel_addon", stream, {}, "init", noupdate=True)
        # the leads of a stage are looked at once, not again for each of its tasks
        loader.env["funnel.task.template"].browse(sorted(batch.ids)).exists()._update_leads()
        brought = set(preset_xml.record_ids(remaining))
        self.sudo().loaded_ids = sorted(loaded | brought)
        self._name_heads(brought - loaded)

    @api.model
    def _name_heads(self, names):
        """Let whoever loads new funnels lead them until somebody else is named: there is somebody to ask.

        :param names: the names of the XML ids of what has been loaded for the first time
        """
        if not self.env.user.active:
            return  # nobody asks the system for an approval
        domain = [("module", "=", "sales_funnel_addon"), ("model", "=", "crm.team"), ("name", "in", list(names))]
        # the right to load a preset is enough for its funnels
        teams = self.env["crm.team"].sudo().browse(self.env["ir.model.data"].sudo().search(domain).mapped("res_id"))
        teams.filtered(lambda team: team.funnel_kind and not team.user_id).user_id = self.env.user

    @api.model
    def _complete_loaded(self, module):
        """Add to presets that were loaded what they have for an app that was installed since.

        :param str module: what glues the app to the funnels
        """
        for preset in self.search([("loaded_date", "!=", False)]):
            preset._load(module)

    @api.model
    def _get_existing(self, foreign):
        """Return the XML ids of all records of this addon, with and without its name, and those of others.

        :param foreign: XML ids of records of other modules
        """
        # deleting a record through the ORM deletes its XML id with it
        domain = Domain("module", "=", "sales_funnel_addon")
        modules, names = zip(*(name.split(".", 1) for name in foreign), strict=True) if foreign else ((), ())
        domain |= Domain("module", "in", modules) & Domain("name", "in", names)
        rows = self.env["ir.model.data"].sudo().search_fetch(domain, ["module", "name"])
        own = set(rows.filtered(lambda row: row.module == "sales_funnel_addon").mapped("name"))
        return own | {f"{row.module}.{row.name}" for row in rows}

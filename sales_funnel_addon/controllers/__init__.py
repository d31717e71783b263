from . import funnel_import

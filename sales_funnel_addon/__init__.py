from . import models, report, tools, wizard
from .hooks import uninstall_hook

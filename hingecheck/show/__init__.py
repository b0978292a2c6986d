"""What people see, hear and keep: overlay, window, voice, reports, exports. Imports from ``storage`` and lower folders."""

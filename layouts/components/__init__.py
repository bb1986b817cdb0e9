"""The wall's panels, one module each: `build` for the frame, `state` and `props` for its leaves."""

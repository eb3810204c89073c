"""Traffic: captures, generated packets, closed-loop replay, profiles."""

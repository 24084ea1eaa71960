"""What a painting is compared by: content, style statistics, total variation."""

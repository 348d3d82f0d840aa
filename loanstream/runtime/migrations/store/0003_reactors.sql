-- The reactions of risk and notify are reactors: what they keep goes on under that name.
UPDATE positions SET consumer = split_part(consumer, '.', 1) || '.reactor' WHERE consumer IN ('risk.router', 'notify.router');
UPDATE dead_letters SET consumer = split_part(consumer, '.', 1) || '.reactor'
WHERE consumer IN ('risk.router', 'notify.router');

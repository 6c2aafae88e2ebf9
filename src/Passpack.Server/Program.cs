return await Passpack.Server.Verbs.CommandLine.RunAsync(args, Console.Out, Console.Error);
